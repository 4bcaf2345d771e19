/** Keys that the keyboards of touch screens lack. */
export type TouchKey = "escape" | "tab" | "left" | "down" | "up" | "right";

/** Modifiers that hold for the next key. */
export interface Modifiers {
  readonly ctrl: boolean;
  readonly alt: boolean;
}

export const noModifiers: Modifiers = { ctrl: false, alt: false };

const arrows: Readonly<Partial<Record<TouchKey, string>>> = { up: "A", down: "B", right: "C", left: "D" };

/**
 * What a terminal sends for a key (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html, PC-Style Function Keys).
 * @param application whether the program has asked for the cursor keys' application mode
 */
export const sequenceOf = (key: TouchKey, { ctrl, alt }: Modifiers, application: boolean): string => {
  const arrow = arrows[key];
  if (arrow === undefined) return (alt ? "\x1b" : "") + (key === "tab" ? "\t" : "\x1b");
  if (ctrl || alt) return `\x1b[1;${1 + (alt ? 2 : 0) + (ctrl ? 4 : 0)}${arrow}`;
  return (application ? "\x1bO" : "\x1b[") + arrow;
};

const controlOf = (character: string): string => {
  const upper = character.toUpperCase();
  if (upper >= "@" && upper <= "_") return String.fromCharCode(upper.charCodeAt(0) & 0x1f);
  return character === " " ? "\0" : character === "?" ? "\x7f" : character;
};

/** A typed character with modifiers; text of several characters, which was pasted or is an answer of the terminal, as it is. */
export const withModifiers = (text: string, { ctrl, alt }: Modifiers): string =>
  text.length === 1 ? (alt ? "\x1b" : "") + (ctrl ? controlOf(text) : text) : text;
