import type { PlayerScreen } from "./player.ts";

/** The part of xterm.js's `Terminal` that is used. */
interface XtermScreen {
  write(data: string, callback?: () => void): void;
  reset(): void;
  resize(cols: number, rows: number): void;
}

/**
 * The screen that xterm.js is. It works off later what is written to it, but is reset and resized at once: here these take
 * their place among the writes.
 *
 * @param onSize is called with the columns whenever there may be others than before
 */
export const createPlayerScreen = (xterm: XtermScreen, onSize: (cols: number) => void): PlayerScreen => ({
  write: (data) => xterm.write(data),
  reset: () => xterm.write("", () => xterm.reset()),
  resize: (cols, rows) =>
    xterm.write("", () => {
      xterm.resize(cols, rows);
      onSize(cols);
    }),
});
