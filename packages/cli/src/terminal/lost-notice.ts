import type { ScreenModes } from "./screen-modes.ts";

/** Tells a person that the connection is lost, without spoiling what is on the screen. */
export interface LostNotice {
  show(text: string): void;
  /** Puts the screen back. Returns whether the program has to draw it again. */
  hide(): boolean;
}

/**
 * Over an ordinary screen it is another screen, which leaves as it came. A program that has taken the other screen itself
 * gets a line at the bottom, and is to draw everything again afterwards.
 */
export const createLostNotice = (stdout: NodeJS.WriteStream, modes: ScreenModes): LostNotice => {
  let shown: "screen" | "line" | undefined;
  return {
    show(text) {
      shown ??= modes.alternate ? "line" : "screen";
      if (shown === "line") {
        const line = ` ${text} `.slice(0, Math.max(1, stdout.columns - 1));
        stdout.write(`\u001b7\u001b[${stdout.rows};1H\u001b[0;7m${line}\u001b[K\u001b[0m\u001b8`);
      } else {
        stdout.write(`\u001b[?1049h\u001b[H\u001b[2J\u001b[0m${text.replaceAll("\n", "\r\n")}\r\n`);
      }
    },
    hide() {
      const was = shown;
      shown = undefined;
      if (was === "screen") stdout.write("\u001b[?1049l");
      return was === "line";
    },
  };
};
