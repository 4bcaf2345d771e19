/** A terminal that the page has, and how it is found again. */
export interface TerminalSpec {
  /** Names it within the browser's tab, and for the server the shell that belongs to it. */
  readonly id: string;
  /** The id of a terminal of the list that was joined instead of a shell of its own. */
  readonly join?: string;
  readonly role?: "writer" | "observer";
  /** The user's name for it. */
  readonly name?: string;
}

export type Direction = "right" | "down";

/** What fills a place: a terminal, or two places beside each other. */
export type Pane =
  | { readonly kind: "terminal"; readonly terminal: TerminalSpec }
  | {
      readonly kind: "split";
      readonly id: string;
      readonly direction: Direction;
      readonly first: Pane;
      readonly second: Pane;
    };

export interface TerminalTab {
  readonly id: string;
  readonly pane: Pane;
  /** Id of the terminal that was used last. */
  readonly focused: string;
}

/** The terminals of a page, and where they are. */
export interface TerminalLayout {
  readonly tabs: readonly TerminalTab[];
  /** Id of the tab that is shown. */
  readonly shown: string;
}

/** Every terminal of a place, in the order in which they are seen. */
export const terminalsOf = (pane: Pane): readonly TerminalSpec[] =>
  pane.kind === "terminal" ? [pane.terminal] : [...terminalsOf(pane.first), ...terminalsOf(pane.second)];

export const allTerminals = ({ tabs }: TerminalLayout): readonly TerminalSpec[] =>
  tabs.flatMap(({ pane }) => terminalsOf(pane));

/** The terminal a tab is named after: the one that was used last. */
export const leadingTerminal = ({ pane, focused }: TerminalTab): TerminalSpec | undefined => {
  const terminals = terminalsOf(pane);
  return terminals.find(({ id }) => id === focused) ?? terminals[0];
};

/** The terminal that keys go to; undefined when there is none. */
export const focusedTerminal = ({ tabs, shown }: TerminalLayout): TerminalSpec | undefined => {
  const tab = tabs.find(({ id }) => id === shown);
  return tab && leadingTerminal(tab);
};

/** One terminal in a tab of its own, after the others. */
export const addTab = ({ tabs }: TerminalLayout, terminal: TerminalSpec): TerminalLayout => ({
  tabs: [...tabs, { id: terminal.id, pane: { kind: "terminal", terminal }, focused: terminal.id }],
  shown: terminal.id,
});

const mapPane = (
  pane: Pane,
  id: string,
  change: (terminal: TerminalSpec) => Pane | undefined,
): Pane | undefined => {
  if (pane.kind === "terminal") return pane.terminal.id === id ? change(pane.terminal) : pane;
  const first = mapPane(pane.first, id, change);
  const second = mapPane(pane.second, id, change);
  return first && second ? { ...pane, first, second } : (first ?? second);
};

const withTab = (
  layout: TerminalLayout,
  terminalId: string,
  change: (tab: TerminalTab) => TerminalTab,
): TerminalLayout => ({
  ...layout,
  tabs: layout.tabs.map((tab) =>
    terminalsOf(tab.pane).some(({ id }) => id === terminalId) ? change(tab) : tab,
  ),
});

/** Puts `added` beside or below the terminal `id`, in the same tab. */
export const split = (
  layout: TerminalLayout,
  id: string,
  direction: Direction,
  added: TerminalSpec,
): TerminalLayout =>
  withTab(layout, id, (tab) => ({
    ...tab,
    focused: added.id,
    pane:
      mapPane(tab.pane, id, (terminal) => ({
        kind: "split",
        id: added.id,
        direction,
        first: { kind: "terminal", terminal },
        second: { kind: "terminal", terminal: added },
      })) ?? tab.pane,
  }));

/** Takes a terminal away. The place beside it grows; a tab without terminals goes, and its neighbour is shown. */
export const remove = ({ tabs, shown }: TerminalLayout, id: string): TerminalLayout => {
  const at = tabs.findIndex(({ pane }) => terminalsOf(pane).some((terminal) => terminal.id === id));
  const tab = tabs[at];
  if (!tab) return { tabs, shown };
  const pane = mapPane(tab.pane, id, () => undefined);
  if (!pane) {
    const rest = tabs.filter((other) => other !== tab);
    const next = rest[Math.min(at, rest.length - 1)]?.id ?? "";
    return { tabs: rest, shown: shown === tab.id ? next : shown };
  }
  const focused = tab.focused === id ? (terminalsOf(pane)[0]?.id ?? "") : tab.focused;
  return { tabs: tabs.map((other) => (other === tab ? { ...tab, pane, focused } : other)), shown };
};

export const rename = (layout: TerminalLayout, id: string, name: string): TerminalLayout =>
  withTab(layout, id, (tab) => ({
    ...tab,
    pane:
      mapPane(tab.pane, id, ({ name: _, ...terminal }) => ({
        kind: "terminal",
        terminal: name === "" ? terminal : { ...terminal, name },
      })) ?? tab.pane,
  }));

/** Puts `added` where the terminal `id` was. */
export const replace = (layout: TerminalLayout, id: string, added: TerminalSpec): TerminalLayout =>
  withTab(layout, id, (tab) => ({
    ...tab,
    focused: tab.focused === id ? added.id : tab.focused,
    pane: mapPane(tab.pane, id, () => ({ kind: "terminal", terminal: added })) ?? tab.pane,
  }));

/** Keys go to the terminal `id`, whose tab is shown. */
export const focus = (layout: TerminalLayout, id: string): TerminalLayout => {
  const tab = layout.tabs.find(({ pane }) => terminalsOf(pane).some((terminal) => terminal.id === id));
  if (!tab || (layout.shown === tab.id && tab.focused === id)) return layout;
  return { ...withTab(layout, id, (found) => ({ ...found, focused: id })), shown: tab.id };
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const parseTerminal = (value: unknown): TerminalSpec | undefined => {
  if (!isRecord(value)) return undefined;
  const { id, join, role, name } = value;
  if (typeof id !== "string" || !/^[\w.:-]{1,64}$/.test(id)) return undefined;
  return {
    id,
    ...(typeof join === "string" ? { join } : {}),
    ...(role === "writer" || role === "observer" ? { role } : {}),
    ...(typeof name === "string" ? { name: name.slice(0, 60) } : {}),
  };
};

const parsePane = (value: unknown, depth = 0): Pane | undefined => {
  if (!isRecord(value) || depth > 8) return undefined;
  if (value.kind === "terminal") {
    const terminal = parseTerminal(value.terminal);
    return terminal && { kind: "terminal", terminal };
  }
  const first = parsePane(value.first, depth + 1);
  const second = parsePane(value.second, depth + 1);
  if (!first || !second) return first ?? second;
  const direction = value.direction === "down" ? "down" : "right";
  return { kind: "split", id: String(value.id), direction, first, second };
};

/** Reads what `JSON.stringify` made of a layout; what cannot be read is left out. */
export const parseLayout = (text: string | null): TerminalLayout => {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return { tabs: [], shown: "" };
  }
  const tabs = (isRecord(value) && Array.isArray(value.tabs) ? value.tabs : []).flatMap(
    (tab: unknown): TerminalTab[] => {
      const pane = isRecord(tab) ? parsePane(tab.pane) : undefined;
      if (!isRecord(tab) || !pane || typeof tab.id !== "string") return [];
      return [{ id: tab.id, pane, focused: String(tab.focused) }];
    },
  );
  const shown = isRecord(value) ? String(value.shown) : "";
  return { tabs, shown: tabs.some(({ id }) => id === shown) ? shown : (tabs[0]?.id ?? "") };
};
