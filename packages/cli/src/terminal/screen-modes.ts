/** Follows, in the output of a program, what it has switched on in the terminal. */
export interface ScreenModes {
  saw(data: Uint8Array): void;
  /** Does the program show the alternate screen, as vim does? */
  readonly alternate: boolean;
  /** Switches off what is on, for the shell that was there before. */
  restore(): string;
}

const alternateModes = ["47", "1047", "1049"];
/** Modes that a program may leave on, and what the terminal has without them (xterm's ctlseqs). */
const resetModes: Readonly<Record<string, string>> = {
  "1": "\u001b[?1l",
  "9": "\u001b[?9l",
  "1000": "\u001b[?1000l",
  "1002": "\u001b[?1002l",
  "1003": "\u001b[?1003l",
  "1004": "\u001b[?1004l",
  "1005": "\u001b[?1005l",
  "1006": "\u001b[?1006l",
  "1015": "\u001b[?1015l",
  "2004": "\u001b[?2004l",
};
const escapeByte = 0x1b;
/** The longest sequence of interest; one that is cut between two pieces of output is not longer. */
const longest = 64;

export const createScreenModes = (): ScreenModes => {
  const on = new Set<string>();
  let rest = "";
  return {
    saw(data) {
      if (rest === "" && !data.includes(escapeByte)) return;
      const text = rest + Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
      let end = 0;
      for (const match of text.matchAll(/\u001b(?:c|\[\?([\d;]+)([hl]))/g)) {
        end = match.index + match[0].length;
        if (match[1] === undefined) on.clear();
        for (const mode of match[1]?.split(";") ?? []) {
          if (match[2] === "h") on.add(mode);
          else on.delete(mode);
        }
      }
      const start = text.lastIndexOf("\u001b");
      rest = start >= end && text.length - start < longest ? text.slice(start) : "";
    },
    get alternate() {
      return alternateModes.some((mode) => on.has(mode));
    },
    restore() {
      const modes = Object.entries(resetModes).map(([mode, sequence]) => (on.has(mode) ? sequence : ""));
      const screen = alternateModes.some((mode) => on.has(mode)) ? "\u001b[?1049l" : "";
      on.clear();
      return `${modes.join("")}${screen}\u001b>\u001b[?25h\u001b[0m`;
    },
  };
};
