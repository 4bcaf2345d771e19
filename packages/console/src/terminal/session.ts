import type { Terminal, TerminalState } from "@k8shell/sdk";
import { createXtermAddon } from "@k8shell/sdk";
import { ClipboardAddon } from "@xterm/addon-clipboard";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITheme, Terminal as Xterm } from "@xterm/xterm";
import { createListeners } from "../app/listeners.ts";
import { k8shell } from "../app/server.ts";
import { copyText } from "../ui/copy-text.ts";
import { createGraphicsCard } from "./graphics-card.ts";
import { keyActionOf, type TerminalKeys } from "./keys.ts";
import type { TerminalSpec } from "./layout.ts";
import { createScreenSize } from "./screen-size.ts";
import { type Modifiers, noModifiers, sequenceOf, type TouchKey, withModifiers } from "./touch-input.ts";

/** What is seen of a terminal beside its screen. */
export interface SessionView {
  readonly state: TerminalState;
  /** What the program calls itself; empty when it says nothing. */
  readonly title: string;
  /** Where the shell is; empty until it is known. */
  readonly directory: string;
  readonly cols: number;
  readonly rows: number;
  /** It rang the bell, or printed something, while it was out of sight. */
  readonly attention: boolean;
  /** Those that hold for the next key, as the keys for touch screens have set them. */
  readonly modifiers: Modifiers;
}

/** A terminal with its screen, which can be put anywhere in the page, and elsewhere later. */
export interface Session {
  readonly id: string;
  /** Is it a terminal of the list that was joined? */
  readonly joined: boolean;
  readonly element: HTMLElement;
  readonly terminal: Terminal;
  readonly search: SearchAddon;
  view(): SessionView;
  subscribe(listener: () => void): () => void;
  /** Is it in sight? Only then it is drawn by the graphics card, of which pages have little. */
  show(shown: boolean): void;
  /** Takes the size of its place; an observer's screen shows the terminal as large as it is. */
  fit(): void;
  focus(): void;
  /** Types a key for touch screens. */
  press(key: TouchKey): void;
  /** Sets a modifier for the next key, or takes it back. */
  modify(modifier: keyof Modifiers): void;
  look(theme: ITheme, fontSize: number, screenReader: boolean): void;
  /** Leaves the shell running. */
  dispose(): void;
}

export interface SessionOptions {
  readonly workspace: string;
  readonly spec: TerminalSpec;
  readonly theme: ITheme;
  readonly fontSize: number;
  readonly screenReader: boolean;
  /** Words for screen readers on the field that takes the keys. */
  readonly label: string;
  readonly keys: TerminalKeys;
  /** Opens a link that was clicked. */
  readonly openLink: (url: string) => void;
}

const clipboardOfBrowser = {
  // Programs in the workspace may give text to the clipboard, not look into it.
  readText: () => Promise.resolve(""),
  writeText: (_: unknown, text: string) => copyText(text),
};

/** What shells put before the directory: everybody is the same user on the same machine here. */
const whoAndWhere = /^[\w.-]+@[\w.-]+:\s*/;

export const createSession = (options: SessionOptions): Session => {
  const { workspace, spec, keys } = options;
  const element = document.createElement("div");
  element.className = "absolute inset-0";
  const xterm = new Xterm({
    allowProposedApi: true,
    cursorBlink: true,
    scrollback: 10_000,
    fontSize: options.fontSize,
    fontFamily: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    theme: options.theme,
    screenReaderMode: options.screenReader,
    // WCAG 1.4.3, whatever colours a program has chosen.
    minimumContrastRatio: 4.5,
    macOptionIsMeta: true,
    rightClickSelectsWord: true,
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  xterm.loadAddon(fit);
  xterm.loadAddon(search);
  xterm.loadAddon(new Unicode11Addon());
  xterm.unicode.activeVersion = "11";
  xterm.loadAddon(new ClipboardAddon(undefined, clipboardOfBrowser));
  xterm.loadAddon(new WebLinksAddon((_, url) => options.openLink(url)));
  xterm.options.linkHandler = { activate: (_, url) => options.openLink(url) };
  xterm.attachCustomKeyEventHandler((event) => {
    const action = keyActionOf(event);
    if (!action) return true;
    if (action === "paste") return false;
    if (event.type === "keydown") {
      event.preventDefault();
      if (action === "copy") {
        if (xterm.hasSelection()) void copyText(xterm.getSelection()).catch(() => {});
      } else keys[action]();
    }
    return false;
  });

  const terminal = k8shell.terminal(workspace, {
    tab: spec.id,
    ...(spec.join === undefined ? {} : { join: spec.join }),
    ...(spec.role === undefined ? {} : { role: spec.role }),
  });

  const listeners = createListeners();
  let shown = false;
  let opened = false;
  let view: SessionView = {
    state: terminal.state,
    title: "",
    directory: "",
    cols: xterm.cols,
    rows: xterm.rows,
    attention: false,
    modifiers: noModifiers,
  };
  const change = (part: Partial<SessionView>) => {
    view = { ...view, ...part };
    listeners.tell();
  };
  /** The modifiers for the key that is typed now, which hold no longer. */
  const takeModifiers = (): Modifiers => {
    const { modifiers } = view;
    if (modifiers !== noModifiers) change({ modifiers: noModifiers });
    return modifiers;
  };
  const addon = createXtermAddon(terminal);
  /** Brings screen and terminal together; what is typed on its way gets the modifiers. */
  const link = {
    activate: () =>
      addon.activate({
        get cols() {
          return xterm.cols;
        },
        get rows() {
          return xterm.rows;
        },
        write: (data, done) => xterm.write(data, done),
        resize: (cols, rows) => xterm.resize(cols, rows),
        onData: (typed) =>
          xterm.onData((text) => typed(text.length === 1 ? withModifiers(text, takeModifiers()) : text)),
        onBinary: (typed) => xterm.onBinary(typed),
        onResize: (resized) => xterm.onResize(resized),
      }),
    dispose: () => addon.dispose(),
  };
  const graphics = createGraphicsCard(xterm);
  const mayType = () => terminal.state.name !== "open" || terminal.state.info.role !== "observer";
  const size = createScreenSize(xterm, fit, element, mayType);
  for (const typed of ["keydown", "paste"]) element.addEventListener(typed, size.take, { capture: true });

  terminal.on("state", (state) => change({ state }));
  terminal.on("directory", (directory) => change({ directory }));
  xterm.onTitleChange((title) => change({ title: title.replace(whoAndWhere, "").slice(0, 100) }));
  xterm.onResize(({ cols, rows }) => change({ cols, rows }));
  const call = () => {
    if (!shown && !view.attention) change({ attention: true });
  };
  xterm.onBell(call);
  xterm.onWriteParsed(call);

  const session: Session = {
    id: spec.id,
    joined: spec.join !== undefined,
    element,
    terminal,
    search,
    view: () => view,
    subscribe: listeners.subscribe,
    show(next) {
      shown = next;
      graphics.use(next && opened);
      if (next && view.attention) change({ attention: false });
    },
    fit() {
      if (element.clientWidth === 0 || element.clientHeight === 0) return;
      if (!opened) {
        // A terminal is measured where it is seen, and only then asks for a shell of that size.
        opened = true;
        xterm.open(element);
        xterm.textarea?.setAttribute("aria-label", options.label);
        size.fit();
        xterm.loadAddon(link);
        graphics.use(shown);
        return;
      }
      size.fit();
    },
    focus: () => xterm.focus(),
    press(key) {
      // Taken first: what the key sends may be one character.
      size.take();
      const sequence = sequenceOf(key, takeModifiers(), xterm.modes.applicationCursorKeysMode);
      xterm.input(sequence);
    },
    modify: (modifier) => change({ modifiers: { ...view.modifiers, [modifier]: !view.modifiers[modifier] } }),
    look(theme, fontSize, screenReader) {
      xterm.options.theme = theme;
      xterm.options.screenReaderMode = screenReader;
      size.letters(fontSize);
    },
    dispose() {
      terminal.close();
      graphics.use(false);
      xterm.dispose();
      element.remove();
      listeners.clear();
    },
  };
  return session;
};
