import { useQuery } from "@tanstack/react-query";
import { AlertDialog as Alert } from "radix-ui";
import { useEffect } from "react";
import { bareClient, session } from "../app/server.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { providersQuery } from "../sign-in/queries.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { dialogOverlay, dialogPanel } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { useForm } from "../ui/form.tsx";
import { useFocusReturn } from "../ui/use-focus-return.ts";
import { localProvider, providerName, signInAddress } from "./sign-in-address.ts";
import { useSession } from "./use-session.ts";

const PasswordForm = ({ username }: { username: string }) => {
  const { t } = useI18n();
  const { busy, problem, onSubmit } = useForm(async (form) => {
    await bareClient.api.passwordLogin({ body: { username, password: String(form.get("password")) } });
    await session.recheck();
  });
  return (
    <form className="grid gap-3" onSubmit={onSubmit}>
      <input type="hidden" name="username" value={username} autoComplete="username" />
      <TextField
        name="password"
        type="password"
        label={t("session.password")}
        autoComplete="current-password"
        error={problem}
        required
        autoFocus
      />
      <Button tone="primary" type="submit" disabled={busy}>
        {t("session.signIn")}
      </Button>
    </form>
  );
};

/** Over a page whose session has ended: the way to sign in again without losing what is on it. */
export const ReauthenticationDialog = ({ onLeave }: { onLeave(): void }) => {
  const { t } = useI18n();
  const state = useSession();
  const open = state.kind === "expired";
  const focusReturn = useFocusReturn();
  const { data: providers } = useQuery({ ...providersQuery, enabled: open });
  useEffect(() => {
    if (!open) return;
    const look = () => {
      if (document.visibilityState === "visible") void session.recheck().catch(() => {});
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
    };
  }, [open]);
  if (!open) return null;
  const others = providers?.filter(({ name }) => name !== localProvider) ?? [];
  const local = providers?.some(({ name }) => name === localProvider) ?? false;
  return (
    <Alert.Root open>
      <Alert.Portal>
        <Alert.Overlay className={dialogOverlay} />
        <Alert.Content className={dialogPanel} {...focusReturn}>
          <Alert.Title className="text-lg font-semibold">{t("session.title")}</Alert.Title>
          <Alert.Description className="text-sm text-quiet">
            {t("session.text", { name: state.username })}
          </Alert.Description>
          {local ? <PasswordForm username={state.username} /> : null}
          {others.length > 0 ? (
            <div className="grid gap-2">
              {others.map(({ name }) => (
                <a
                  key={name}
                  href={signInAddress(name, "?signed-in")}
                  target="_blank"
                  rel="noreferrer"
                  className={buttonClass()}
                >
                  {t("session.with", { provider: providerName(name) })}
                </a>
              ))}
              <p className="text-sm text-quiet">{t("session.newTab")}</p>
            </div>
          ) : null}
          <div className="flex justify-end">
            <Button
              tone="quiet"
              onClick={() => {
                session.giveUp();
                onLeave();
              }}
            >
              {t("session.leave")}
            </Button>
          </div>
        </Alert.Content>
      </Alert.Portal>
    </Alert.Root>
  );
};
