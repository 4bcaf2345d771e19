import type { OnboardRule } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Badge, type BadgeTone, Tags } from "../ui/badge.tsx";
import { Button, DeleteButton, EditButton } from "../ui/button.tsx";
import { ConfirmAbout } from "../ui/dialog.tsx";
import { Empty, Waiting } from "../ui/page.tsx";
import { SectionHead } from "../ui/section.tsx";
import { ActionsHead, Cell, Head, Table } from "../ui/table.tsx";
import { useRefresh } from "../ui/use-refresh.ts";
import { isRuleAction, OnboardRuleDialog } from "./onboard-rule-dialog.tsx";
import { PendingRequests } from "./onboarding-requests.tsx";
import { OrganizationSelect } from "./organization-select.tsx";
import { onboardRulesQuery } from "./queries.ts";
import { useOrganization } from "./use-organization.ts";

const tones: Readonly<Record<string, BadgeTone>> = { allow: "good", reject: "danger", waitlist: "warn" };

const ActionBadge = ({ action }: { action: string }) => {
  const { t } = useI18n();
  return (
    <Badge tone={tones[action] ?? "plain"}>
      {isRuleAction(action) ? t(`admin.onboarding.action.${action}`) : action}
    </Badge>
  );
};

/** Who may become a user of an organization, and who waits for it. */
export const OnboardingPage = () => {
  const { t, number } = useI18n();
  const may = useMay();
  const about = useOrganization();
  const { organization } = about;
  const query = onboardRulesQuery(organization);
  const { data, error, refetch } = useQuery({ ...query, enabled: organization !== "" });
  const refresh = useRefresh(["admin"]);
  const [editing, setEditing] = useState<OnboardRule | "new">();
  const [leaving, setLeaving] = useState<OnboardRule>();
  const pending = data?.filter(({ status }) => status === "pending") ?? [];
  const rules = data?.filter(({ status }) => status !== "pending") ?? [];
  return (
    <>
      <SectionHead
        title={t("admin.onboarding")}
        lead={t("admin.onboarding.lead")}
        actions={
          <Button
            tone="primary"
            refusal={may("onboardrule:create").refusal}
            onClick={() => setEditing("new")}
          >
            <Plus size={16} aria-hidden />
            {t("admin.onboarding.create")}
          </Button>
        }
      />
      <OrganizationSelect {...about} />
      <Waiting data={data} error={error} refetch={refetch} />
      {pending.length > 0 ? (
        <PendingRequests
          requests={pending}
          refusal={may("onboardrule:update").refusal}
          onApprove={({ id }) => k8shell.api.approveOnboardRequest({ org: organization, id }).then(refresh)}
          onReject={({ id }, note) =>
            k8shell.api.rejectOnboardRequest({ org: organization, id, body: { note } }).then(refresh)
          }
        />
      ) : null}
      {data && rules.length === 0 ? (
        <Empty title={t("admin.onboarding.empty")}>
          <p>{t("admin.onboarding.empty.text")}</p>
        </Empty>
      ) : null}
      {rules.length > 0 ? (
        <Table
          label={t("admin.onboarding.rules")}
          head={
            <>
              <Head className="text-right">{t("admin.onboarding.priority")}</Head>
              <Head>{t("admin.onboarding.pattern")}</Head>
              <Head>{t("admin.onboarding.action")}</Head>
              <Head>{t("admin.roles")}</Head>
              <Head>{t("admin.onboarding.note")}</Head>
              <ActionsHead />
            </>
          }
        >
          {rules.map((rule) => (
            <tr key={rule.id}>
              <Cell className="text-right tabular-nums">{number(rule.priority)}</Cell>
              <Cell>
                <code className="font-semibold">{rule.usernamePattern}</code>
                <span className="block text-xs text-quiet">{rule.idp}</span>
              </Cell>
              <Cell>
                <ActionBadge action={rule.action} />
              </Cell>
              <Cell>
                <Tags values={rule.roles ?? []} />
              </Cell>
              <Cell className="max-w-52 truncate text-quiet" title={rule.note}>
                {rule.note}
              </Cell>
              <Cell className="text-right whitespace-nowrap">
                <EditButton
                  label={t("admin.onboarding.edit", { name: rule.usernamePattern })}
                  refusal={may("onboardrule:update").refusal}
                  onClick={() => setEditing(rule)}
                />
                <DeleteButton
                  label={t("admin.onboarding.delete", { name: rule.usernamePattern })}
                  refusal={may("onboardrule:delete").refusal}
                  onClick={() => setLeaving(rule)}
                />
              </Cell>
            </tr>
          ))}
        </Table>
      ) : null}
      {editing ? (
        <OnboardRuleDialog
          org={organization}
          rule={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
          onSaved={refresh}
        />
      ) : null}
      <ConfirmAbout
        about={leaving}
        onClose={() => setLeaving(undefined)}
        title={t("admin.onboarding.delete", { name: leaving?.usernamePattern ?? "" })}
        text={t("admin.onboarding.delete.text")}
        action={t("app.delete")}
        danger
        onConfirm={async (rule) => {
          await k8shell.api.deleteOnboardRule({ org: organization, id: rule.id });
          await refresh();
        }}
      />
    </>
  );
};
