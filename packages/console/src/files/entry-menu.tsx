import type { FileInfo } from "@k8shell/sdk";
import { EllipsisVertical } from "lucide-react";
import { useRef } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { MenuAt, MenuItem, type MenuPlace, MenuSeparator } from "../ui/menu.tsx";

export interface FileActions {
  preview(entry: FileInfo): void;
  rename(entry: FileInfo): void;
  remove(entry: FileInfo): void;
  newFolder(entry: FileInfo): void;
  upload(entry: FileInfo): void;
  /** Makes it the root of the tree. */
  goTo(entry: FileInfo): void;
  /** Changes the shell's directory to it. */
  enter(entry: FileInfo): void;
  /** Types its path. */
  insert(entry: FileInfo): void;
  download(entry: FileInfo, format?: "tar" | "zip"): void;
}

/** A menu that is open, and what it is about. */
export interface MenuState {
  readonly entry: FileInfo;
  readonly at: MenuPlace;
}

/** The button of a row that opens its menu, for the pointer: the keyboard has keys of the tree for it. */
export const MenuButton = ({
  entry,
  open,
  onOpen,
}: {
  entry: FileInfo;
  open: boolean;
  /** Without a place the menu is to be closed. */
  onOpen(at: MenuPlace | undefined): void;
}) => {
  const { t } = useI18n();
  /** Pressing the pointer closes the menu; the click that follows must not open it again. */
  const wasOpen = useRef(false);
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={t("files.more", { name: entry.name })}
      aria-haspopup="menu"
      aria-expanded={open}
      className="hidden size-7 shrink-0 items-center justify-center rounded text-quiet group-hover:inline-flex group-aria-selected:inline-flex hover:bg-line hover:text-ink aria-expanded:inline-flex"
      onPointerDown={() => {
        wasOpen.current = open;
      }}
      onClick={(event) => {
        event.stopPropagation();
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        onOpen(wasOpen.current ? undefined : { left, top: bottom });
        wasOpen.current = false;
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <EllipsisVertical size={14} aria-hidden />
    </button>
  );
};

/** What can be done with an entry. It is no part of the entry's row: rows come and go while it is open. */
export const EntryMenu = ({
  entry,
  at,
  writeRefusal,
  actions,
  onClose,
  returnFocus,
}: MenuState & {
  writeRefusal: string | undefined;
  actions: FileActions;
  onClose(): void;
  returnFocus(): void;
}) => {
  const { t } = useI18n();
  return (
    <MenuAt at={at} title={entry.name} onClose={onClose} returnFocus={returnFocus}>
      {entry.isDir ? (
        <MenuItem onSelect={() => actions.goTo(entry)}>{t("files.goTo")}</MenuItem>
      ) : (
        <MenuItem onSelect={() => actions.preview(entry)}>{t("files.preview")}</MenuItem>
      )}
      {entry.isDir ? (
        <>
          <MenuItem onSelect={() => actions.download(entry, "zip")}>{t("files.download.zip")}</MenuItem>
          <MenuItem onSelect={() => actions.download(entry, "tar")}>{t("files.download.tar")}</MenuItem>
        </>
      ) : (
        <MenuItem onSelect={() => actions.download(entry)}>{t("files.download")}</MenuItem>
      )}
      <MenuSeparator />
      <MenuItem onSelect={() => actions.enter(entry)}>{t("files.enter")}</MenuItem>
      <MenuItem onSelect={() => actions.insert(entry)}>{t("files.insert")}</MenuItem>
      <MenuSeparator />
      <MenuItem refusal={writeRefusal} onSelect={() => actions.newFolder(entry)}>
        {t("files.newFolder")}
      </MenuItem>
      <MenuItem refusal={writeRefusal} onSelect={() => actions.upload(entry)}>
        {t("files.upload")}
      </MenuItem>
      <MenuItem refusal={writeRefusal} onSelect={() => actions.rename(entry)}>
        {t("files.rename")}
      </MenuItem>
      <MenuItem danger refusal={writeRefusal} onSelect={() => actions.remove(entry)}>
        {t("app.delete")}
      </MenuItem>
    </MenuAt>
  );
};
