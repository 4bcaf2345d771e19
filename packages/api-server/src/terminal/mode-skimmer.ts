/**
 * Reads output that nobody will emulate only for the terminal modes it switches: the alternate screen, the cursor,
 * bracketed paste, mouse reports. That costs a search for one byte.
 */
export interface ModeSkimmer {
  push(bytes: Buffer): void;
  /** Control sequences that set the modes that were switched; forgets them. */
  take(): string;
}

const escapeByte = 0x1b;
/** No mode switch is longer; one that is cut is completed by the next bytes. */
const longest = 24;
const modeSwitch = /\x1b\[\?([\d;]{1,20})([hl])|\x1bc/y;

export const createModeSkimmer = (): ModeSkimmer => {
  const modes = new Map<string, string>();
  let cut = "";

  const note = (text: string, at: number) => {
    modeSwitch.lastIndex = at;
    const found = modeSwitch.exec(text);
    if (!found) return;
    const [, numbers, action = ""] = found;
    if (numbers === undefined) {
      modes.clear();
      modes.set("", "\x1bc");
      return;
    }
    for (const number of numbers.split(";")) {
      // The order of switches matters: the latest goes last.
      modes.delete(number);
      modes.set(number, `\x1b[?${number}${action}`);
    }
  };

  return {
    push(bytes) {
      if (cut !== "") {
        const text = cut + bytes.toString("latin1", 0, longest);
        cut = "";
        note(text, 0);
      }
      for (let at = bytes.indexOf(escapeByte); at >= 0; at = bytes.indexOf(escapeByte, at + 1)) {
        if (at + longest > bytes.length) {
          // Whether it is complete or not: it is looked at once more with what follows, which changes nothing.
          const rest = bytes.toString("latin1", at);
          note(rest, 0);
          cut = rest;
        } else if (bytes[at + 1] === 0x63 || (bytes[at + 1] === 0x5b && bytes[at + 2] === 0x3f)) {
          note(bytes.toString("latin1", at, at + longest), 0);
        }
      }
    },
    take() {
      const text = [...modes.values()].join("");
      modes.clear();
      return text;
    },
  };
};
