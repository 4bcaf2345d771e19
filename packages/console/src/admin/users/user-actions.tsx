import type { UserProfile } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { EllipsisVertical } from "lucide-react";
import { useState } from "react";
import { profileQuery } from "../../app/queries.ts";
import { k8shell } from "../../app/server.ts";
import type { May } from "../../app/use-may.ts";
import { useI18n } from "../../i18n/i18n.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { useToasts } from "../../ui/toast.tsx";
import { useRefresh } from "../../ui/use-refresh.ts";
import { DeleteUserDialog } from "./delete-user-dialog.tsx";
import { MoveUserDialog } from "./move-user-dialog.tsx";
import { ResetLinkDialog } from "./reset-link-dialog.tsx";
import { RolesDialog } from "./roles-dialog.tsx";

type Asked = "roles" | "lock" | "move" | "reset" | "delete";

/** What can be done about a user as a whole. */
export const UserActions = ({ user, may }: { user: UserProfile; may(action: string): May }) => {
  const { t } = useI18n();
  const toasts = useToasts();
  const refresh = useRefresh(["admin", "users"]);
  const { data: me } = useQuery(profileQuery);
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const { username, account_locked: locked } = user;
  // Nobody locks themselves out by mistake.
  const self = me?.username === username ? t("admin.users.self") : undefined;
  const lock = async () => {
    await k8shell.api.updateUserProfile({ username, body: { locked: !locked } });
    await refresh();
    toasts.say(t(locked ? "admin.users.unlocked" : "admin.users.wasLocked", { name: username }));
  };
  const clearLockout = async () => {
    await k8shell.api.clearUserPasswordLockout({ username });
    await refresh();
    toasts.say(t("admin.users.lockoutCleared"));
  };
  return (
    <>
      <Button refusal={may("user:write:roles").refusal} onClick={() => setAsked("roles")}>
        {t("admin.users.roles")}
      </Button>
      <Button refusal={self ?? may("user:write:locked").refusal} onClick={() => setAsked("lock")}>
        {t(locked ? "admin.users.unlock" : "admin.users.lock")}
      </Button>
      <Menu
        trigger={
          <IconButton label={t("admin.users.more", { name: username })}>
            <EllipsisVertical size={18} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          refusal={self ?? may("user:write:password").refusal}
          disabled={user.source !== "local"}
          onSelect={() => setAsked("reset")}
        >
          {t("admin.users.reset")}
        </MenuItem>
        <MenuItem
          refusal={may("user:write:locked").refusal}
          disabled={!user.password_locked}
          onSelect={() => void clearLockout().catch(toasts.fail)}
        >
          {t("admin.users.clearLockout")}
        </MenuItem>
        <MenuItem refusal={may("user:write:org").refusal} onSelect={() => setAsked("move")}>
          {t("admin.users.move")}
        </MenuItem>
        <MenuSeparator />
        <MenuItem danger refusal={self ?? may("user:delete").refusal} onSelect={() => setAsked("delete")}>
          {t("admin.users.delete")}
        </MenuItem>
      </Menu>
      {asked === "roles" ? <RolesDialog user={user} may={may("user:write:roles")} onClose={close} /> : null}
      {asked === "move" ? <MoveUserDialog user={user} onClose={close} /> : null}
      {asked === "reset" ? <ResetLinkDialog username={username} onClose={close} /> : null}
      {asked === "delete" ? <DeleteUserDialog username={username} onClose={close} /> : null}
      <ConfirmDialog
        open={asked === "lock"}
        onOpenChange={close}
        title={t(locked ? "admin.users.unlock.title" : "admin.users.lock.title", { name: username })}
        text={t(locked ? "admin.users.unlock.text" : "admin.users.lock.text")}
        action={t(locked ? "admin.users.unlock" : "admin.users.lock")}
        danger={!locked}
        onConfirm={lock}
      />
    </>
  );
};
