import { clsx } from "clsx";
import { X } from "lucide-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { useChosenInView } from "../ui/use-chosen-in-view.ts";
import { leadingTerminal, type TerminalTab, terminalsOf } from "./layout.ts";
import type { Session } from "./session.ts";
import { useSessionView } from "./use-session-view.ts";

const dots: Readonly<Record<string, string>> = {
  open: "bg-good",
  connecting: "bg-accent animate-pulse motion-reduce:animate-none",
  reconnecting: "bg-warn animate-pulse motion-reduce:animate-none",
  closed: "bg-quiet",
};

/** Where the tab of this place in the row is, and what belongs to it. */
const column = (index: number) => ({ gridColumn: index + 1, gridRow: 1 });

const useTabName = (tab: TerminalTab, number: number, session: Session | undefined): string => {
  const { t } = useI18n();
  const view = useSessionView(session);
  return leadingTerminal(tab)?.name || view?.title || t("terminal.number", { number });
};

interface TabProps {
  readonly tab: TerminalTab;
  /** Its place in the row, from 0. */
  readonly index: number;
  readonly session: Session | undefined;
}

const Tab = ({
  tab,
  index,
  session,
  selected,
  onSelect,
  onClose,
  onName,
  onMove,
}: TabProps & {
  selected: boolean;
  onSelect(): void;
  onClose(): void;
  /** Its name is to be typed. */
  onName(): void;
  /** To the tab `by` places on. */
  onMove(by: number): void;
}) => {
  const { t } = useI18n();
  const view = useSessionView(session);
  const name = useTabName(tab, index + 1, session);
  const state = view?.state.name ?? "connecting";
  const count = terminalsOf(tab.pane).length;

  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Partial<Record<string, number>>> = { ArrowLeft: -1, ArrowRight: 1 };
    const by = moves[event.key];
    if (by !== undefined) onMove(by);
    else if (event.key === "F2") onName();
    else if (event.key === "Delete") onClose();
    else return;
    event.preventDefault();
  };

  return (
    <button
      type="button"
      role="tab"
      id={`terminal-tab-${tab.id}`}
      aria-selected={selected}
      aria-controls="terminal-panes"
      aria-keyshortcuts="F2 Delete"
      tabIndex={selected ? 0 : -1}
      title={name}
      style={column(index)}
      className={clsx(
        "flex min-h-8 max-w-52 min-w-24 items-center gap-2 rounded-md pr-9 pl-2.5 text-sm",
        selected ? "bg-accent-soft font-semibold text-ink" : "text-quiet hover:bg-sheet",
      )}
      onClick={onSelect}
      onDoubleClick={onName}
      onKeyDown={onKeyDown}
    >
      <span aria-hidden className={clsx("size-2 shrink-0 rounded-full", dots[state])} />
      <span className={clsx("truncate", view?.attention && !selected && "font-semibold text-accent")}>
        {name}
      </span>
      {count > 1 ? <span className="text-xs text-quiet">{count}</span> : null}
      <span className="sr-only">{t(`terminal.state.${state}`)}</span>
    </button>
  );
};

/** Closes a tab: over its end, but not within the list of tabs, which has tabs only. */
const CloseTab = ({ tab, index, session, onClose }: TabProps & { onClose(): void }) => {
  const { t } = useI18n();
  const name = useTabName(tab, index + 1, session);
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={t("terminal.close.name", { name })}
      title={t("terminal.close")}
      style={column(index)}
      className="m-0.5 inline-flex size-7 items-center justify-center justify-self-end rounded-md text-quiet hover:bg-line hover:text-ink"
      onClick={onClose}
    >
      <X size={14} aria-hidden />
    </button>
  );
};

/** Where a tab's name is typed, over the tab. */
const NameField = ({
  tab,
  index,
  session,
  onEnd,
}: TabProps & {
  /** With the name, or undefined to leave it as it was. */
  onEnd(name: string | undefined): void;
}) => {
  const { t } = useI18n();
  const name = useTabName(tab, index + 1, session);
  const field = useRef<HTMLInputElement>(null);
  // Enter and Escape move the focus away, which is the end of it as well.
  const ended = useRef(false);
  useLayoutEffect(() => field.current?.select(), []);

  const end = (keep: boolean) => {
    if (ended.current) return;
    ended.current = true;
    onEnd(keep ? field.current?.value.trim() : undefined);
  };
  const endByKey = (keep: boolean) => {
    end(keep);
    document.getElementById(`terminal-tab-${tab.id}`)?.focus();
  };
  return (
    <input
      ref={field}
      aria-label={t("terminal.name")}
      defaultValue={leadingTerminal(tab)?.name ?? name}
      maxLength={60}
      style={column(index)}
      className="min-h-8 w-0 min-w-full rounded-md border border-accent bg-paper px-2 text-sm"
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.key === "Enter") endByKey(true);
        if (event.key === "Escape") endByKey(false);
      }}
    />
  );
};

/** The tabs of terminals. */
export const TabStrip = ({
  tabs,
  shown,
  session,
  onSelect,
  onClose,
  onRename,
}: {
  tabs: readonly TerminalTab[];
  shown: string;
  session(id: string): Session | undefined;
  /** With the id of the terminal to show. */
  onSelect(id: string): void;
  onClose(id: string): void;
  onRename(id: string, name: string): void;
}) => {
  const { t } = useI18n();
  /** The tab whose name is being typed. */
  const [naming, setNaming] = useState<string>();
  const row = useChosenInView<HTMLDivElement>(shown);
  const all = tabs.map((tab, index) => {
    const id = leadingTerminal(tab)?.id ?? "";
    return { id, key: tab.id, tab, index, session: session(id) };
  });
  return (
    <div ref={row} className="min-w-0 grow overflow-x-auto">
      <div
        className="grid w-max gap-x-1"
        style={{ gridTemplateColumns: `repeat(${tabs.length}, max-content)` }}
      >
        {tabs.length > 0 ? (
          <div
            role="tablist"
            aria-label={t("terminal.tabs")}
            className="col-span-full row-start-1 grid grid-cols-subgrid"
          >
            {all.map(({ id, key, ...place }) => (
              <Tab
                key={key}
                {...place}
                selected={key === shown}
                onSelect={() => {
                  onSelect(id);
                  place.session?.focus();
                }}
                onClose={() => onClose(id)}
                onName={() => setNaming(key)}
                onMove={(by) => {
                  const next = all[(place.index + by + all.length) % all.length];
                  if (!next) return;
                  onSelect(next.id);
                  document.getElementById(`terminal-tab-${next.key}`)?.focus();
                }}
              />
            ))}
          </div>
        ) : null}
        {all.map(({ id, key, ...place }) =>
          key === naming ? (
            <NameField
              key={key}
              {...place}
              onEnd={(name) => {
                if (name !== undefined) onRename(id, name);
                setNaming(undefined);
              }}
            />
          ) : (
            <CloseTab key={key} {...place} onClose={() => onClose(id)} />
          ),
        )}
      </div>
    </div>
  );
};
