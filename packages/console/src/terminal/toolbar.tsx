import { Columns2, FolderTree, ListTree, Plus, Rows2, Search } from "lucide-react";
import { useI18n } from "../i18n/i18n.tsx";
import { IconButton } from "../ui/button.tsx";
import type { Appearance } from "./appearance.ts";
import { SettingsMenu } from "./settings-menu.tsx";

export interface ToolbarActions {
  open(): void;
  splitRight(): void;
  splitDown(): void;
  find(): void;
  list(): void;
}

/** What can be done with the terminals as a whole. */
export const Toolbar = ({
  actions,
  detached,
  refusal,
  appearance,
}: {
  actions: ToolbarActions;
  /** How many terminals run that nobody looks at. */
  detached: number;
  /** Why no terminal may be opened. */
  refusal: string | undefined;
  appearance: Appearance;
}) => {
  const { t } = useI18n();
  return (
    <div role="toolbar" aria-label={t("terminal.toolbar")} className="flex shrink-0 items-center">
      <IconButton label={t("terminal.open")} refusal={refusal} onClick={actions.open}>
        <Plus size={16} aria-hidden />
      </IconButton>
      <IconButton
        label={t("terminal.splitRight")}
        refusal={refusal}
        className="max-sm:hidden"
        onClick={actions.splitRight}
      >
        <Columns2 size={16} aria-hidden />
      </IconButton>
      <IconButton
        label={t("terminal.splitDown")}
        refusal={refusal}
        className="max-sm:hidden"
        onClick={actions.splitDown}
      >
        <Rows2 size={16} aria-hidden />
      </IconButton>
      <IconButton label={t("terminal.find")} onClick={actions.find}>
        <Search size={16} aria-hidden />
      </IconButton>
      <IconButton
        label={
          detached > 0 ? t("terminal.list.button.count", { count: detached }) : t("terminal.list.button")
        }
        onClick={actions.list}
      >
        <ListTree size={16} aria-hidden />
        {detached > 0 ? (
          <span aria-hidden className="rounded-full bg-accent px-1.5 text-xs font-semibold text-on-accent">
            {detached}
          </span>
        ) : null}
      </IconButton>
      <SettingsMenu appearance={appearance} />
    </div>
  );
};

/** Shows and hides the files beside the terminals. */
export const FilesToggle = ({ shown, onToggle }: { shown: boolean; onToggle(): void }) => {
  const { t } = useI18n();
  return (
    <IconButton
      label={t("terminal.files")}
      aria-pressed={shown}
      className="shrink-0 aria-pressed:bg-accent-soft aria-pressed:text-accent"
      onClick={onToggle}
    >
      <FolderTree size={16} aria-hidden />
    </IconButton>
  );
};
