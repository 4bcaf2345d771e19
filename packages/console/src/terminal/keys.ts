/** What keys do in a terminal instead of being typed. */
export interface TerminalKeys {
  find(): void;
  leave(): void;
  open(): void;
  splitRight(): void;
  splitDown(): void;
}

export type KeyAction = "copy" | "paste" | keyof TerminalKeys;

const withControlAndShift: Readonly<Partial<Record<string, KeyAction>>> = {
  KeyC: "copy",
  KeyV: "paste",
  KeyF: "find",
  // A terminal takes the Tab key: this is the way out of it by keyboard (WCAG 2.1.2).
  ArrowUp: "leave",
  KeyE: "open",
  KeyD: "splitRight",
  KeyS: "splitDown",
};

/** The action of a key; undefined when it is for the program. */
export const keyActionOf = ({
  ctrlKey,
  shiftKey,
  altKey,
  metaKey,
  code,
}: Pick<KeyboardEvent, "ctrlKey" | "shiftKey" | "altKey" | "metaKey" | "code">): KeyAction | undefined =>
  ctrlKey && shiftKey && !altKey && !metaKey ? withControlAndShift[code] : undefined;
