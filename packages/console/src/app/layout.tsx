import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { CircleUserRound } from "lucide-react";
import { type Language, languages, useI18n } from "../i18n/i18n.tsx";
import { Button } from "../ui/button.tsx";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { useToasts } from "../ui/toast.tsx";
import { profileQuery } from "./queries.ts";
import { k8shell, serverAddress } from "./server.ts";
import { setTheme, type Theme, useTheme } from "./theme.ts";
import { useOnline } from "./use-online.ts";

const AccountMenu = () => {
  const { t, language, setLanguage } = useI18n();
  const toasts = useToasts();
  const theme = useTheme();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: profile } = useQuery(profileQuery);
  const name = profile?.fullname || profile?.username || "";
  const signOut = async () => {
    await k8shell.api.logout();
    queryClient.clear();
    await navigate({ to: "/sign-in" });
  };
  const themes = (["light", "dark", "system"] as const).map(
    (choice) => [choice, t(`app.theme.${choice}`)] as const,
  );
  return (
    <Menu
      trigger={
        <Button tone="quiet" aria-label={t("app.account", { name })}>
          <CircleUserRound size={18} aria-hidden />
          <span className="max-sm:hidden">{name}</span>
        </Button>
      }
    >
      <MenuChoice<Theme> label={t("app.theme")} value={theme} options={themes} onChange={setTheme} />
      <MenuChoice<Language>
        label={t("app.language")}
        value={language}
        options={Object.entries(languages) as Array<[Language, string]>}
        onChange={setLanguage}
      />
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut().catch(toasts.fail)}>{t("app.signOut")}</MenuItem>
    </Menu>
  );
};

const place = "rounded-lg px-3 py-1.5 text-sm text-quiet no-underline hover:text-ink";
const placeHere = { className: "!text-ink font-semibold", "aria-current": "page" } as const;

/** The frame of every page: where one is, where one can go, and whose account it is. */
export const Layout = () => {
  const { t } = useI18n();
  const online = useOnline();
  return (
    <div className="flex min-h-full flex-col">
      {/* Not a link: what follows the # is the page. */}
      <button
        type="button"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-raised focus:p-2"
        onClick={() => document.getElementById("content")?.focus()}
      >
        {t("app.skip")}
      </button>
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-2">
        <div className="flex items-center gap-2">
          <Link to="/" className="flex items-center gap-2 font-semibold text-ink no-underline">
            <img src={`${serverAddress}/icon.svg`} alt="" width="24" height="24" />
            k8shell
          </Link>
          <nav aria-label={t("app.menu")} className="flex">
            <Link to="/" className={place} activeProps={placeHere} activeOptions={{ exact: true }}>
              {t("app.workspaces")}
            </Link>
          </nav>
        </div>
        <div className="flex items-center gap-1">
          <a href={`${serverAddress}/docs`} className={place}>
            {t("app.reference")}
          </a>
          <AccountMenu />
        </div>
      </header>
      {online ? null : (
        <p role="status" className="bg-warn-soft px-4 py-2 text-center text-sm text-warn">
          {t("app.offline")}
        </p>
      )}
      <main id="content" tabIndex={-1} className="flex grow flex-col outline-none">
        <Outlet />
      </main>
    </div>
  );
};
