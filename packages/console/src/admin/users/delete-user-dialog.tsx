import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { k8shell } from "../../app/server.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { usersQuery } from "../queries.ts";
import { WorkspacesFate } from "./workspaces-fate.tsx";

/** Deletes a user, after saying what becomes of what is theirs. */
export const DeleteUserDialog = ({ username, onClose }: { username: string; onClose(): void }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const refresh = useRefresh(["admin"]);
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={t("admin.users.delete.title", { name: username })}
      description={t("admin.users.delete.text")}
      action={t("admin.users.delete")}
      danger
      onSend={async (form) => {
        await k8shell.api.deleteUserAccount({
          username,
          body: { preserveWorkspaces: form.get("fate") === "keep" },
        });
        queryClient.setQueryData(usersQuery.queryKey, (before) =>
          before?.filter((user) => user.username !== username),
        );
        toasts.say(t("admin.users.deleted", { name: username }));
        await navigate({ to: "/admin/users" });
        void refresh();
      }}
    >
      <WorkspacesFate username={username} />
    </FormDialog>
  );
};
