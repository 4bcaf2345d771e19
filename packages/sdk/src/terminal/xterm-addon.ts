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

/**
 * The screen that xterm.js is. A reset takes its place among the writes that xterm.js has not worked off; so does a change
 * of the size, which else would come before them.
 */
const screenOf = (xterm: XtermTerminal, resize: (size: TerminalSize) => void): TerminalScreen => {
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
    write: (data, rendered) => inTurn(() => xterm.write(data, rendered)),
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
      parts = [
        xterm.onData((data) => terminal.write(data)),
        // Reports of the mouse may be bytes that are no UTF-8.
        xterm.onBinary((data) =>
          terminal.write(Uint8Array.from(data, (character) => character.charCodeAt(0))),
        ),
        xterm.onResize(({ cols, rows }) => {
          if (!following) terminal.resize(cols, rows);
        }),
      ];
      terminal.attach(
        screenOf(xterm, ({ cols, rows }) => {
          following = true;
          xterm.resize(cols, rows);
          following = false;
        }),
      );
    },
    /** Takes xterm.js off; the terminal itself goes on until it is closed. */
    dispose() {
      for (const part of parts) part.dispose();
      parts = [];
    },
  };
};
