/** An unfinished sequence that began further back than this is taken for finished, bytes. */
const lookBack = 4096;

const isEscape = (byte: number): boolean => byte === 0x1b;
/** CAN and SUB end any control sequence. */
const cancels = (byte: number): boolean => byte === 0x18 || byte === 0x1a;
/** `]`, `P`, `X`, `^` and `_` begin texts that end with ST: OSC, DCS, SOS, PM, APC. */
const beginsText: ReadonlySet<number> = new Set([0x5d, 0x50, 0x58, 0x5e, 0x5f]);

/** Bytes of the UTF-8 character that this one begins; 1 for what begins none. */
const characterLength = (byte: number): number => {
  if (byte >= 0xf0 && byte < 0xf8) return 4;
  if (byte >= 0xe0) return byte < 0xf0 ? 3 : 1;
  return byte >= 0xc0 ? 2 : 1;
};

/** Where a character that is cut at the end begins; the end when none is. */
const characterCut = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return characterLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
};

/**
 * How much of a terminal's output ends with a whole character and a whole control sequence (ECMA-48): a picture of a
 * terminal can say what it shows, but not that it waits for the rest of a sequence.
 */
export const wholeLength = (bytes: Uint8Array): number => {
  let state: "ground" | "escape" | "sequence" | "text" | "textEscape" = "ground";
  let began = 0;
  for (let at = Math.max(0, bytes.length - lookBack); at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (state === "text" || state === "textEscape") {
      // ESC \ ends it; BEL ends that of a title, and terminals take it for all. Another ESC begins something new.
      if (byte === 0x07 || cancels(byte) || (state === "textEscape" && byte === 0x5c)) state = "ground";
      else if (isEscape(byte)) state = "textEscape";
      else if (state === "textEscape") {
        began = at - 1;
        state = afterEscape(byte);
      }
    } else if (isEscape(byte)) {
      began = at;
      state = "escape";
    } else if (cancels(byte)) state = "ground";
    else if (state === "escape") state = afterEscape(byte);
    // Parameters are 30 to 3F, intermediates 20 to 2F; controls are carried out within a sequence.
    else if (state === "sequence" && byte >= 0x40) state = "ground";
  }
  return state === "ground" ? characterCut(bytes) : began;
};

const afterEscape = (byte: number): "ground" | "escape" | "sequence" | "text" => {
  if (byte === 0x5b) return "sequence";
  if (beginsText.has(byte)) return "text";
  // Intermediates, as in ESC ( B; controls are carried out here too.
  return byte < 0x30 ? "escape" : "ground";
};
