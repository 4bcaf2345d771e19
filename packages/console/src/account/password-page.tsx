import { useState } from "react";
import { k8shell } from "../app/server.ts";
import { useMay } from "../app/use-may.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { FormProblem, useForm } from "../ui/form.tsx";
import { SectionHead } from "../ui/section.tsx";
import { useToasts } from "../ui/toast.tsx";

/** Sets a new password. Whoever has one proves that they know it. */
export const PasswordPage = () => {
  const { t } = useI18n();
  const toasts = useToasts();
  const write = useMay()("user:write:password");
  const [mismatch, setMismatch] = useState(false);
  // A new key empties the form.
  const [times, setTimes] = useState(0);
  const { busy, problem, onSubmit } = useForm(async (form) => {
    const wanted = String(form.get("password"));
    const same = wanted === form.get("again");
    setMismatch(!same);
    if (!same) return;
    const current = String(form.get("current"));
    await k8shell.api.setMyPassword({
      body: { password: wanted, ...(current === "" ? {} : { current_password: current }) },
    });
    setTimes((before) => before + 1);
    toasts.say(t("account.password.saved"));
  });
  return (
    <>
      <SectionHead title={t("account.password")} lead={t("account.password.lead")} />
      <form key={times} className="grid max-w-md gap-4" onSubmit={onSubmit}>
        <TextField
          name="current"
          type="password"
          label={t("account.password.current")}
          hint={t("account.password.current.hint")}
          autoComplete="current-password"
        />
        <TextField
          name="password"
          type="password"
          label={t("account.password.new")}
          hint={t("account.password.new.hint")}
          autoComplete="new-password"
          minLength={8}
          maxLength={72}
          required
        />
        <TextField
          name="again"
          type="password"
          label={t("account.password.again")}
          error={mismatch ? t("account.password.mismatch") : undefined}
          autoComplete="new-password"
          required
        />
        <FormProblem problem={problem} />
        <div>
          <Button tone="primary" type="submit" disabled={busy} refusal={write.refusal}>
            {t("account.password.set")}
          </Button>
        </div>
      </form>
    </>
  );
};
