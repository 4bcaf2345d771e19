import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BookOpen, ChevronDown, LogOut, Settings } from "lucide-react";
import { type Language, languages, useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { useToasts } from "../ui/toast.tsx";
import { profileQuery } from "./queries.ts";
import { k8shell, serverAddress, session } from "./server.ts";
import { setTheme, type Theme, useTheme } from "./theme.ts";

/** The first letters of a name, in place of a picture. */
const initials = (name: string): string =>
  name
    .split(/[\s._-]+/)
    .flatMap((word) => [...word].slice(0, 1))
    .slice(0, 2)
    .join("")
    .toUpperCase();

/** Whose account it is, and what belongs to it. */
export const AccountMenu = () => {
  const { t, language, setLanguage } = useI18n();
  const toasts = useToasts();
  const theme = useTheme();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: profile } = useQuery(profileQuery);
  const name = profile?.fullname || profile?.username || "";
  const signOut = async () => {
    // What ends with the session was meant to, and nothing is followed or asked for any more when it does.
    session.left();
    await navigate({ to: "/sign-in" });
    // All but what the page for signing in has asked for by now.
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "providers" });
    await k8shell.api.logout();
  };
  const themes = (["light", "dark", "system"] as const).map(
    (choice) => [choice, t(`app.theme.${choice}`)] as const,
  );
  return (
    <Menu
      trigger={
        <Button tone="quiet" className="px-1.5">
          <span
            aria-hidden
            className="grid size-7 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
          >
            {initials(name)}
          </span>
          <span className="sr-only">{t("app.account", { name })}</span>
          <span aria-hidden className="max-w-40 truncate max-sm:hidden">
            {name}
          </span>
          <ChevronDown size={14} aria-hidden className="text-quiet" />
        </Button>
      }
    >
      <MenuItem onSelect={() => void navigate({ to: "/account/profile" })}>
        <Settings size={16} aria-hidden />
        {t("app.settings")}
      </MenuItem>
      <MenuItem onSelect={() => location.assign(`${serverAddress}/docs`)}>
        <BookOpen size={16} aria-hidden />
        {t("app.reference")}
      </MenuItem>
      <MenuSeparator />
      <MenuChoice<Theme> label={t("app.theme")} value={theme} options={themes} onChange={setTheme} />
      <MenuChoice<Language>
        label={t("app.language")}
        value={language}
        options={Object.entries(languages) as Array<[Language, string]>}
        onChange={setLanguage}
      />
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut().catch(toasts.fail)}>
        <LogOut size={16} aria-hidden />
        {t("app.signOut")}
      </MenuItem>
    </Menu>
  );
};
