import type { PasswordResetLink } from "@k8shell/sdk";
import { useState } from "react";
import { SecretOnce } from "../../account/tokens/secret-once.tsx";
import { k8shell } from "../../app/server.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormProblem, useForm } from "../../ui/form.tsx";

/** Makes a link with which somebody sets a new password, and shows it once. */
export const ResetLinkDialog = ({ username, onClose }: { username: string; onClose(): void }) => {
  const { t, date } = useI18n();
  const [made, setMade] = useState<PasswordResetLink>();
  const { busy, problem, onSubmit } = useForm(async () => {
    setMade(await k8shell.api.createUserPasswordResetLink({ username }));
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("admin.users.reset.title", { name: username })}
      description={t("admin.users.reset.text")}
    >
      {made ? (
        <SecretOnce
          title={t("admin.users.reset.link")}
          text={t("admin.users.reset.until", { when: date(made.expiresAt) })}
          secret={made.link}
        />
      ) : (
        <form className="grid gap-4" onSubmit={onSubmit}>
          <FormProblem problem={problem} />
          <Button tone="primary" type="submit" disabled={busy} className="justify-self-end">
            {t("admin.users.reset.make")}
          </Button>
        </form>
      )}
    </Dialog>
  );
};
