import type { OnboardRule } from "@k8shell/sdk";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { TextArea } from "../ui/field.tsx";
import { textOf } from "../ui/form.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";

/** People who wait to be let in. */
export const PendingRequests = ({
  requests,
  refusal,
  onApprove,
  onReject,
}: {
  requests: readonly OnboardRule[];
  refusal: string | undefined;
  onApprove(request: OnboardRule): Promise<unknown>;
  onReject(request: OnboardRule, note: string | undefined): Promise<unknown>;
}) => {
  const { t, ago, date, list } = useI18n();
  const [asked, setAsked] = useState<{ what: "approve" | "reject"; request: OnboardRule }>();
  const close = () => setAsked(undefined);
  const name = asked?.request.usernamePattern ?? "";
  return (
    <section
      className="grid gap-3 rounded-xl border border-warn bg-warn-soft p-4"
      aria-label={t("admin.onboarding.pending")}
    >
      <h2 className="font-semibold">{t("admin.onboarding.pending")}</h2>
      <ul className="grid gap-2">
        {requests.map((request) => (
          <li
            key={request.id}
            className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-line bg-paper p-3"
          >
            <div className="text-sm">
              <p className="font-semibold">{request.fullname || request.usernamePattern}</p>
              <p className="text-quiet">
                {[request.usernamePattern, request.email, request.idp].filter(Boolean).join(" · ")}
              </p>
              <p className="text-quiet" title={date(request.requestedAt)}>
                {ago(request.requestedAt)}
                {request.roles?.length
                  ? ` · ${t("admin.onboarding.would", { roles: list(request.roles) })}`
                  : ""}
              </p>
            </div>
            <div className="flex gap-2">
              <Button
                tone="primary"
                refusal={refusal}
                aria-label={t("admin.onboarding.approve.name", { name: request.usernamePattern })}
                onClick={() => setAsked({ what: "approve", request })}
              >
                <Check size={16} aria-hidden />
                {t("admin.onboarding.approve")}
              </Button>
              <Button
                refusal={refusal}
                aria-label={t("admin.onboarding.reject.name", { name: request.usernamePattern })}
                onClick={() => setAsked({ what: "reject", request })}
              >
                <X size={16} aria-hidden />
                {t("admin.onboarding.reject")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={asked?.what === "approve"}
        onOpenChange={close}
        title={t("admin.onboarding.approve.title", { name })}
        text={t("admin.onboarding.approve.text")}
        action={t("admin.onboarding.approve")}
        onConfirm={async () => asked && onApprove(asked.request)}
      />
      <FormDialog
        open={asked?.what === "reject"}
        onOpenChange={close}
        title={t("admin.onboarding.reject.title", { name })}
        action={t("admin.onboarding.reject")}
        danger
        onSend={async (form) => asked && onReject(asked.request, textOf(form, "note"))}
      >
        <TextArea name="note" label={t("admin.onboarding.note")} rows={3} maxLength={1024} />
      </FormDialog>
    </section>
  );
};
