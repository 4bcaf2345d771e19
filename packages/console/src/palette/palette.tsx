import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { FileCheck, Languages, LayoutGrid, Palette as PaletteIcon, Plus, SquareTerminal } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { accountPages } from "../account/account-layout.tsx";
import { useAdminPages } from "../admin/admin-pages.ts";
import { setTheme, useShownTheme } from "../app/theme.ts";
import { languages, useI18n } from "../i18n/i18n.tsx";
import { dialogOverlay } from "../ui/dialog.tsx";
import { useFocusReturn } from "../ui/use-focus-return.ts";
import { workspacesQuery } from "../workspaces/queries.ts";

const item =
  "flex min-h-10 cursor-default items-center gap-3 rounded-lg px-3 text-sm data-[selected=true]:bg-accent-soft data-[selected=true]:text-accent";
const group =
  "[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-semibold [&_[cmdk-group-heading]]:text-quiet";

/** Finds pages, workspaces and settings by their names. */
const Palette = ({ onClose }: { onClose(): void }) => {
  const { t, language, setLanguage } = useI18n();
  const navigate = useNavigate();
  const adminPages = useAdminPages();
  const focusReturn = useFocusReturn();
  const theme = useShownTheme();
  const { data: workspaces } = useQuery(workspacesQuery);
  const other = language === "en" ? "de" : "en";
  const otherTheme = theme === "dark" ? "light" : "dark";

  const entry = (key: string, words: string, icon: ReactNode, act: () => unknown) => (
    <Command.Item
      key={key}
      value={`${words} ${key}`}
      className={item}
      onSelect={() => {
        onClose();
        void act();
      }}
    >
      {icon}
      {words}
    </Command.Item>
  );

  return (
    <Radix.Root open onOpenChange={onClose}>
      <Radix.Portal>
        <Radix.Overlay className={dialogOverlay} />
        <Radix.Content
          aria-describedby={undefined}
          {...focusReturn}
          className="fixed top-[12vh] left-1/2 z-50 w-[min(36rem,94vw)] -translate-x-1/2 overflow-hidden rounded-2xl border border-line bg-raised shadow-xl"
        >
          <Radix.Title className="sr-only">{t("palette.title")}</Radix.Title>
          <Command label={t("palette.title")}>
            <Command.Input
              aria-label={t("palette.title")}
              placeholder={t("palette.find")}
              className="min-h-13 w-full border-b border-line bg-transparent px-4 text-ink outline-none placeholder:text-quiet"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto p-2" label={t("palette.title")}>
              <Command.Empty className="p-6 text-center text-sm text-quiet">
                {t("palette.none")}
              </Command.Empty>
              <Command.Group heading={t("app.workspaces")} className={group}>
                {entry("/", t("app.workspaces"), <LayoutGrid size={16} aria-hidden />, () =>
                  navigate({ to: "/" }),
                )}
                {entry("/new", t("workspaces.create"), <Plus size={16} aria-hidden />, () =>
                  navigate({ to: "/new" }),
                )}
                {workspaces?.map(({ name }) =>
                  entry(`workspace ${name}`, name, <SquareTerminal size={16} aria-hidden />, () =>
                    navigate({ to: "/workspaces/$name", params: { name } }),
                  ),
                )}
              </Command.Group>
              <Command.Group heading={t("account.title")} className={group}>
                {accountPages.map(({ to, text, icon: Icon }) =>
                  entry(to, t(text), <Icon size={16} aria-hidden />, () => navigate({ to })),
                )}
              </Command.Group>
              {adminPages.length > 0 ? (
                <Command.Group heading={t("admin.title")} className={group}>
                  {adminPages.map(({ to, text, icon: Icon }) =>
                    entry(String(to), t(text), <Icon size={16} aria-hidden />, () => navigate({ to })),
                  )}
                </Command.Group>
              ) : null}
              <Command.Group heading={t("palette.actions")} className={group}>
                {entry("/blueprint", t("blueprint.title"), <FileCheck size={16} aria-hidden />, () =>
                  navigate({ to: "/blueprint" }),
                )}
                {entry(
                  "theme",
                  t("palette.theme", { theme: t(`app.theme.${otherTheme}`) }),
                  <PaletteIcon size={16} aria-hidden />,
                  () => setTheme(otherTheme),
                )}
                {entry(
                  "language",
                  t("palette.language", { language: languages[other] }),
                  <Languages size={16} aria-hidden />,
                  () => setLanguage(other),
                )}
              </Command.Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
};

export default Palette;
