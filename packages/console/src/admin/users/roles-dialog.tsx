import type { UserProfile } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { k8shell } from "../../app/server.ts";
import type { May } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { CheckList } from "../../ui/choice-group.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { Loading } from "../../ui/page.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { rolesQuery } from "../queries.ts";
import { roleOptions } from "../role-options.ts";
import { allNames } from "./all-names.ts";

/** Gives and takes the roles of a user. */
export const RolesDialog = ({
  user,
  may,
  onClose,
}: {
  user: UserProfile;
  /** Whether roles may be given, and which. */
  may: May;
  onClose(): void;
}) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(["admin"]);
  const { data: roles } = useQuery(rolesQuery(user.organization));
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t("admin.users.roles.title", { name: user.username })}
      description={t("admin.users.roles.text")}
      action={t("app.save")}
      ready={roles !== undefined}
      onSend={async (form) => {
        await k8shell.api.updateUserProfile({
          username: user.username,
          body: { roles: allNames(form, "roles") },
        });
        await refresh();
        toasts.say(t("admin.users.saved", { name: user.username }));
      }}
    >
      {roles ? (
        <CheckList
          label={t("admin.roles")}
          name="roles"
          options={roleOptions(roles, may, t("admin.roles.refusal"))}
          chosen={user.roles}
          empty={t("admin.roles.none")}
        />
      ) : (
        <Loading />
      )}
    </FormDialog>
  );
};
