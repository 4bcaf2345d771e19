import type { Terminal, TerminalScreen, TerminalSize } from "./types.ts";

interface Disposable {
  dispose(): void;
}

/** The part of xterm.js's `Terminal` that is used. */
export interface XtermTerminal {
  readonly cols: number;
  readonly rows: number;
  write(data: string | Uint8Array, callback?: () => void): void;
  resize(columns: number, rows: number): void;
  onData(listener: (data: string) => void): Disposable;
  onBinary(listener: (data: string) => void): Disposable;
  onResize(listener: (size: { cols: number; rows: number }) => void): Disposable;
}

/** An `ITerminalAddon` of xterm.js. */
export interface XtermAddon extends Disposable {
  activate(terminal: XtermTerminal): void;
}

/** Ends a control sequence that was cut, then RIS: the terminal as it was at first. */
const fullReset = "\x18\x1bc";

/** Answers of a terminal to a program: who it is, where its cursor is, what its colours are. */
const answer = new RegExp(
  ["\\x1b\\[[?>=]?[\\d;]*\\$?[cRnytu]", "\\x1b[P\\]][^\\x1b\\x07]*(?:\\x07|\\x1b\\\\)"]
    .map((form) => `^(?:${form})+$`)
    .join("|"),
);

/**
 * The screen that xterm.js is. A reset takes its place among the writes that xterm.js has not worked off; so does a change
 * of the size, which else would come before them.
 */
const screenOf = (
  xterm: XtermTerminal,
  resize: (size: TerminalSize) => void,
): TerminalScreen & { readonly isRepeating: boolean } => {
  let repeated = 0;
  let held: (() => void)[] | undefined;
  const inTurn = (step: () => void) => {
    if (held) held.push(step);
    else step();
  };
  /** Nothing is written until `data` is rendered and `then` is done. */
  const hold = (data: string, then: () => void) => {
    held = [];
    xterm.write(data, () => {
      then();
      const steps = held ?? [];
      held = undefined;
      for (const step of steps) inTurn(step);
    });
  };
  const isOther = ({ cols, rows }: TerminalSize) => cols !== xterm.cols || rows !== xterm.rows;
  return {
    get isRepeating() {
      return repeated > 0;
    },
    write(data, rendered, isRepeated) {
      if (isRepeated) repeated += 1;
      inTurn(() =>
        xterm.write(data, () => {
          if (isRepeated) repeated -= 1;
          rendered();
        }),
      );
    },
    reset: (size) =>
      inTurn(() => {
        if (size && isOther(size)) hold(fullReset, () => resize(size));
        else xterm.write(fullReset);
      }),
    resize: (size) =>
      inTurn(() => {
        if (isOther(size)) hold("", () => resize(size));
      }),
  };
};

/**
 * An add-on that shows a terminal in xterm.js: `xterm.loadAddon(createXtermAddon(terminal))`. Output is acknowledged when
 * xterm.js has worked it off, so a flood of it waits in the workspace instead of in the page.
 */
export const createXtermAddon = (terminal: Terminal): XtermAddon => {
  let parts: Disposable[] = [];
  return {
    activate(xterm) {
      let following = false;
      terminal.resize(xterm.cols, xterm.rows);
      const screen = screenOf(xterm, ({ cols, rows }) => {
        following = true;
        xterm.resize(cols, rows);
        following = false;
      });
      parts = [
        xterm.onData((data) => {
          // The program has had its answer, long ago: a second one would be typed into whatever runs now.
          if (!screen.isRepeating || !answer.test(data)) terminal.write(data);
        }),
        // Reports of the mouse may be bytes that are no UTF-8.
        xterm.onBinary((data) =>
          terminal.write(Uint8Array.from(data, (character) => character.charCodeAt(0))),
        ),
        xterm.onResize(({ cols, rows }) => {
          if (!following) terminal.resize(cols, rows);
        }),
      ];
      terminal.attach(screen);
    },
    /** Takes xterm.js off; the terminal itself goes on until it is closed. */
    dispose() {
      for (const part of parts) part.dispose();
      parts = [];
    },
  };
};
