import type { UserProfile } from "@k8shell/sdk";
import { k8shell } from "../../app/server.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { SelectField } from "../../ui/field.tsx";
import { textOf } from "../../ui/form.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { useOrganization } from "../use-organization.ts";
import { WorkspacesFate } from "./workspaces-fate.tsx";

/** Moves a user to another organization. */
export const MoveUserDialog = ({ user, onClose }: { user: UserProfile; onClose(): void }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(["admin"]);
  const { organizations } = useOrganization();
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t("admin.users.move.title", { name: user.username })}
      description={t("admin.users.move.text")}
      action={t("admin.users.move")}
      onSend={async (form) => {
        await k8shell.api.updateUserProfile({
          username: user.username,
          body: { org: textOf(form, "org"), preserveWorkspaces: form.get("fate") === "keep" },
        });
        await refresh();
        toasts.say(t("admin.users.saved", { name: user.username }));
      }}
    >
      <SelectField name="org" label={t("admin.organization")} defaultValue={user.organization}>
        {organizations.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <WorkspacesFate username={user.username} />
    </FormDialog>
  );
};
