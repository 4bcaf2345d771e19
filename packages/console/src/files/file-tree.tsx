import type { FileInfo } from "@k8shell/sdk";
import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { EntryMenu, type FileActions, MenuButton, type MenuState } from "./entry-menu.tsx";
import { FileIcon } from "./file-icon.tsx";
import { parentOf } from "./paths.ts";
import type { TreeRow } from "./tree-rows.ts";
import type { Tree } from "./use-tree.ts";

const rowHeight = 28;
/** Letters typed within this time are one word, milliseconds. */
const wordMs = 700;

/**
 * The tree of files, as the ARIA practices have it (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). Only what is
 * in sight is in the page.
 */
export const FileTree = ({
  tree,
  target,
  focusTree,
  workspace,
  writeRefusal,
  actions,
}: {
  tree: Tree;
  /** Is given what brings the keyboard to an entry; without one that is there, to where it was. */
  focusTree: RefObject<(path: string | undefined) => void>;
  /** The directory that dropped files would go to. */
  target: string | undefined;
  workspace: string;
  writeRefusal: string | undefined;
  actions: FileActions;
}) => {
  const { t, bytes, date, explain } = useI18n();
  const { rows } = tree;
  const place = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const [menu, setMenu] = useState<MenuState>();
  /** Whether the keyboard was to come here before there was anything. */
  const awaited = useRef(false);
  const typed = useRef({ text: "", at: 0 });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  const entries = rows.flatMap((row, index) => (row.kind === "entry" ? [{ row, index }] : []));
  const at = Math.max(
    0,
    entries.findIndex(({ row }) => row.entry.path === active),
  );
  const current = entries[at];

  const focusRow = (found: (typeof entries)[number] | undefined) => {
    if (!found) return;
    setActive(found.row.entry.path);
    virtual.scrollToIndex(found.index);
    requestAnimationFrame(() => {
      // A key that came meanwhile may have opened a window, which has the keyboard now.
      if (document.activeElement?.closest("[role=dialog], [role=alertdialog]")) return;
      place.current?.querySelector<HTMLElement>(`[data-index="${found.index}"]`)?.focus();
    });
  };
  /** Opens the menu of an entry below the middle of its row, as the keyboard asks for it. */
  const openMenu = ({ row, index }: (typeof entries)[number]) => {
    const box = place.current?.querySelector(`[data-index="${index}"]`)?.getBoundingClientRect();
    if (box) setMenu({ entry: row.entry, at: { left: box.left + box.width / 2, top: box.bottom } });
  };
  focusTree.current = (path) => {
    awaited.current = current === undefined;
    focusRow(entries.find(({ row }) => row.entry.path === path) ?? current);
  };
  useEffect(() => {
    if (!awaited.current || !current) return;
    awaited.current = false;
    if (document.activeElement === document.body) focusRow(current);
  });
  const openEntry = (entry: FileInfo) => {
    if (entry.isDir) tree.setExpanded(entry.path, !tree.isExpanded(entry.path));
    else actions.preview(entry);
  };
  const find = (letter: string) => {
    const now = Date.now();
    const text = (now - typed.current.at < wordMs ? typed.current.text : "") + letter.toLowerCase();
    typed.current = { text, at: now };
    const from = text.length > 1 ? at : at + 1;
    const turned = [...entries.slice(from), ...entries.slice(0, from)];
    focusRow(turned.find(({ row }) => row.entry.name.toLowerCase().startsWith(text)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    const { entry, expanded } = current.row;
    switch (event.key) {
      case "ArrowDown":
        focusRow(entries[at + 1]);
        break;
      case "ArrowUp":
        focusRow(entries[at - 1]);
        break;
      case "Home":
        focusRow(entries[0]);
        break;
      case "End":
        focusRow(entries.at(-1));
        break;
      case "ArrowRight":
        if (expanded === false) tree.setExpanded(entry.path, true);
        else if (expanded) focusRow(entries[at + 1]);
        break;
      case "ArrowLeft":
        if (expanded) tree.setExpanded(entry.path, false);
        else focusRow(entries.find(({ row }) => row.entry.path === parentOf(entry.path)));
        break;
      case "Enter":
      case " ":
        openEntry(entry);
        break;
      case "F2":
        if (writeRefusal === undefined) actions.rename(entry);
        break;
      case "Delete":
        if (writeRefusal === undefined) actions.remove(entry);
        break;
      case "ContextMenu":
        openMenu(current);
        break;
      default:
        if (event.key === "F10" && event.shiftKey) openMenu(current);
        else if (event.key.length === 1) find(event.key);
        else return;
    }
    event.preventDefault();
  };

  const line = (row: TreeRow) => ({ paddingLeft: 8 + (row.level - 1) * 16 });
  return (
    <>
      <div
        ref={place}
        // A tree has items: without any, what is said in their place is a message.
        {...(entries.length > 0
          ? { role: "tree", onKeyDown, "aria-label": t("files.tree", { name: workspace }) }
          : { role: "status" })}
        className="min-h-0 grow overflow-auto py-1"
      >
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const position = { top: start, height: rowHeight };
            if (row.kind === "note") {
              return (
                <p
                  key={row.key}
                  role="presentation"
                  className="absolute inset-x-0 truncate pr-2 text-xs leading-7 text-quiet italic"
                  style={{ ...position, paddingLeft: line(row).paddingLeft + 20 }}
                >
                  {row.note === "failed" ? explain(row.problem) : t(`files.note.${row.note}`)}
                </p>
              );
            }
            const { entry, expanded } = row;
            const selected = current?.row.entry.path === entry.path;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
              <div
                key={entry.path}
                role="treeitem"
                tabIndex={selected ? 0 : -1}
                data-index={index}
                data-directory={entry.isDir ? entry.path : parentOf(entry.path)}
                aria-level={row.level}
                aria-posinset={row.position}
                aria-setsize={row.size}
                aria-expanded={expanded}
                aria-selected={selected}
                title={`${entry.mode}  ${entry.isDir ? "" : bytes(entry.size)}  ${date(entry.modTime)}${entry.target ? `  → ${entry.target}` : ""}`}
                className={clsx(
                  "group absolute inset-x-0 flex items-center gap-1.5 pr-1 text-sm outline-offset-[-2px] hover:bg-sheet aria-selected:bg-accent-soft",
                  entry.isDir && target === entry.path && "bg-accent-soft ring-1 ring-accent ring-inset",
                )}
                style={{ ...position, ...line(row) }}
                onFocus={() => setActive(entry.path)}
                onClick={() => {
                  setActive(entry.path);
                  if (entry.isDir) openEntry(entry);
                }}
                onDoubleClick={() => {
                  if (!entry.isDir) openEntry(entry);
                }}
                onContextMenu={(event) => {
                  event.preventDefault();
                  setActive(entry.path);
                  setMenu({ entry, at: { left: event.clientX, top: event.clientY } });
                }}
              >
                {expanded === undefined ? (
                  <span className="w-3.5 shrink-0" />
                ) : expanded ? (
                  <ChevronDown size={14} aria-hidden className="shrink-0 text-quiet" />
                ) : (
                  <ChevronRight size={14} aria-hidden className="shrink-0 text-quiet" />
                )}
                <FileIcon entry={entry} open={expanded === true} />
                <span className={clsx("min-w-0 grow truncate", entry.name.startsWith(".") && "text-quiet")}>
                  {entry.name}
                </span>
                {entry.isDir ? null : (
                  <span className="shrink-0 text-xs text-quiet tabular-nums group-hover:hidden group-aria-selected:hidden">
                    {bytes(entry.size)}
                  </span>
                )}
                <MenuButton
                  entry={entry}
                  open={menu?.entry.path === entry.path}
                  onOpen={(at) => {
                    setActive(entry.path);
                    setMenu(at && { entry, at });
                  }}
                />
              </div>
            );
          })}
        </div>
      </div>
      {menu ? (
        <EntryMenu
          {...menu}
          writeRefusal={writeRefusal}
          actions={actions}
          onClose={() => setMenu(undefined)}
          returnFocus={() => focusTree.current(menu.entry.path)}
        />
      ) : null}
    </>
  );
};
