import { clsx } from "clsx";
import { X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import { type TerminalSpec, type TerminalTab, terminalsOf } from "./layout.ts";
import type { Session } from "./session.ts";
import { useSessionView } from "./use-session-view.ts";

const dots: Readonly<Record<string, string>> = {
  open: "bg-good",
  connecting: "bg-accent animate-pulse motion-reduce:animate-none",
  reconnecting: "bg-warn animate-pulse motion-reduce:animate-none",
  closed: "bg-quiet",
};

/** The terminal a tab is named after: the one that was used last. */
const leading = (tab: TerminalTab): TerminalSpec | undefined => {
  const terminals = terminalsOf(tab.pane);
  return terminals.find(({ id }) => id === tab.focused) ?? terminals[0];
};

const Tab = ({
  tab,
  number,
  session,
  selected,
  onSelect,
  onClose,
  onRename,
  onMove,
}: {
  tab: TerminalTab;
  number: number;
  session: Session | undefined;
  selected: boolean;
  onSelect(): void;
  onClose(): void;
  onRename(name: string): void;
  /** To the tab `by` places on. */
  onMove(by: number): void;
}) => {
  const { t } = useI18n();
  const view = useSessionView(session);
  const [naming, setNaming] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const spec = leading(tab);
  const name = spec?.name || view?.title || t("terminal.number", { number });
  const state = view?.state.name ?? "connecting";
  const count = terminalsOf(tab.pane).length;

  useEffect(() => {
    if (naming) field.current?.select();
  }, [naming]);

  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Partial<Record<string, number>>> = { ArrowLeft: -1, ArrowRight: 1 };
    const by = moves[event.key];
    if (by !== undefined) onMove(by);
    else if (event.key === "F2") setNaming(true);
    else if (event.key === "Delete") onClose();
    else return;
    event.preventDefault();
  };

  if (naming) {
    const end = (keep: boolean) => {
      if (keep) onRename(field.current?.value.trim() ?? "");
      setNaming(false);
    };
    return (
      <input
        ref={field}
        aria-label={t("terminal.name")}
        defaultValue={spec?.name ?? name}
        maxLength={60}
        className="min-h-8 w-36 rounded-md border border-accent bg-paper px-2 text-sm"
        onBlur={() => end(true)}
        onKeyDown={(event) => {
          if (event.key === "Enter") end(true);
          if (event.key === "Escape") end(false);
        }}
      />
    );
  }
  return (
    <div
      role="presentation"
      className={clsx(
        "group flex max-w-52 min-w-24 shrink-0 items-center rounded-md text-sm",
        selected ? "bg-accent-soft" : "hover:bg-sheet",
      )}
    >
      <button
        type="button"
        role="tab"
        id={`terminal-tab-${tab.id}`}
        aria-selected={selected}
        aria-controls="terminal-panes"
        tabIndex={selected ? 0 : -1}
        title={name}
        className={clsx(
          "flex min-h-8 min-w-0 grow items-center gap-2 pl-2.5",
          selected ? "font-semibold text-ink" : "text-quiet",
        )}
        onClick={onSelect}
        onDoubleClick={() => setNaming(true)}
        onKeyDown={onKeyDown}
      >
        <span aria-hidden className={clsx("size-2 shrink-0 rounded-full", dots[state])} />
        <span className={clsx("truncate", view?.attention && !selected && "font-semibold text-accent")}>
          {name}
        </span>
        {count > 1 ? <span className="text-xs text-quiet">{count}</span> : null}
        <span className="sr-only">{t(`terminal.state.${state}`)}</span>
      </button>
      <button
        type="button"
        tabIndex={-1}
        aria-label={t("terminal.close.name", { name })}
        title={t("terminal.close")}
        className="m-0.5 inline-flex size-7 shrink-0 items-center justify-center rounded-md text-quiet hover:bg-line hover:text-ink"
        onClick={onClose}
      >
        <X size={14} aria-hidden />
      </button>
    </div>
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
  const strip = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={strip}
      role="tablist"
      aria-label={t("terminal.tabs")}
      className="flex min-w-0 grow items-center gap-1 overflow-x-auto"
    >
      {tabs.map((tab, index) => {
        const id = leading(tab)?.id ?? "";
        return (
          <Tab
            key={tab.id}
            tab={tab}
            number={index + 1}
            session={session(id)}
            selected={tab.id === shown}
            onSelect={() => {
              onSelect(id);
              session(id)?.focus();
            }}
            onClose={() => onClose(id)}
            onRename={(name) => onRename(id, name)}
            onMove={(by) => {
              const next = tabs[(index + by + tabs.length) % tabs.length];
              if (!next) return;
              onSelect(leading(next)?.id ?? "");
              document.getElementById(`terminal-tab-${next.id}`)?.focus();
            }}
          />
        );
      })}
    </div>
  );
};
