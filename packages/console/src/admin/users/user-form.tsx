import type { UserProfile } from "@k8shell/sdk";
import { k8shell } from "../../app/server.ts";
import type { May } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button } from "../../ui/button.tsx";
import { changedFields } from "../../ui/changed-fields.ts";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { FormProblem, textOf, useForm } from "../../ui/form.tsx";
import { Card } from "../../ui/page.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";

/** What about a user is a matter of filling in. */
export const UserForm = ({ user, may }: { user: UserProfile; may(action: string): May }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(["admin", "users"]);
  const profile = may("user:write:profile");
  const sudo = may("user:write:sudo");
  const { busy, problem, onSubmit } = useForm(async (form, element) => {
    const wantsSudo = form.get("sudo") === "on";
    const wanted = {
      fullname: textOf(form, "fullname") ?? "",
      email: textOf(form, "email") ?? "",
      shell: textOf(form, "shell") ?? user.shell,
    };
    const body = {
      // Each group of fields needs a right of its own.
      ...(profile.allowed ? changedFields(wanted, user) : {}),
      ...(sudo.allowed && wantsSudo !== user.sudo ? { sudo: wantsSudo } : {}),
    };
    if (Object.keys(body).length > 0) {
      await k8shell.api.updateUserProfile({ username: user.username, body });
    }
    await refresh();
    // Fields that were typed in would not show what they are now.
    element.reset();
    toasts.say(t("admin.users.saved", { name: user.username }));
  });
  return (
    <Card title={t("account.profile")}>
      <form className="grid max-w-xl gap-4" onSubmit={onSubmit}>
        <TextField
          name="fullname"
          label={t("account.profile.fullname")}
          defaultValue={user.fullname}
          readOnly={!profile.allowed}
        />
        <TextField
          name="email"
          type="email"
          label={t("account.profile.email")}
          defaultValue={user.email}
          readOnly={!profile.allowed}
        />
        <TextField
          name="shell"
          label={t("account.profile.shell")}
          defaultValue={user.shell}
          readOnly={!profile.allowed}
        />
        <Checkbox
          name="sudo"
          label={t("account.profile.sudo")}
          hint={sudo.refusal ?? t("admin.users.sudo.hint")}
          defaultChecked={user.sudo}
          disabled={!sudo.allowed}
        />
        <FormProblem problem={problem} />
        <div>
          <Button
            tone="primary"
            type="submit"
            disabled={busy}
            refusal={profile.allowed || sudo.allowed ? undefined : profile.reason}
          >
            {t("app.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
};
