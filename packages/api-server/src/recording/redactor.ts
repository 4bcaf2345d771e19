import { StringDecoder } from "node:string_decoder";

/** Replaces secrets in a stream of text, also where they are cut into chunks. */
export interface Redactor {
  /** Takes a chunk; returns what can be passed on by now. */
  push(chunk: Uint8Array): Uint8Array;
  /** Passes on what was held back. */
  flush(): Uint8Array;
}

/** Longest text that is held back in wait for the end of its line, characters. */
const maxHeld = 4_096;

const everywhere = (patterns: readonly RegExp[]): readonly RegExp[] =>
  patterns.map((pattern) => new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`));

const replaced = (expressions: readonly RegExp[], text: string, replacement: string): string =>
  expressions.reduce((rest, expression) => rest.replace(expression, () => replacement), text);

const standardReplacement = "[redacted]";

/** Replaces secrets in a text that is whole. @param patterns as those of `createRedactor` */
export const redactText = (
  patterns: readonly RegExp[],
  text: string,
  replacement = standardReplacement,
): string => replaced(everywhere(patterns), text, replacement);

/**
 * Looks at whole lines. Of a line that does not end, the last 4096 characters are held until `flush`.
 * @param patterns applied in order, each to the whole text; their matches become `replacement`
 */
export const createRedactor = (patterns: readonly RegExp[], replacement = standardReplacement): Redactor => {
  const decoder = new StringDecoder("utf8");
  const expressions = everywhere(patterns);
  let held = "";

  const redact = (text: string): string => replaced(expressions, text, replacement);

  /** Where a long line may be cut: not within a match. */
  const cutLong = (text: string): number => {
    let cut = text.length - maxHeld;
    // A match without an end must not be held for ever.
    if (text.length > 4 * maxHeld) return cut;
    for (const expression of expressions) {
      for (const { index, 0: match } of text.matchAll(expression)) {
        if (index < cut && index + match.length > cut) cut = index;
      }
    }
    return cut;
  };

  return {
    push(chunk) {
      held += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      const line = held.lastIndexOf("\n") + 1;
      const cut = held.length - line > maxHeld ? Math.max(line, cutLong(held)) : line;
      const ready = redact(held.slice(0, cut));
      held = held.slice(cut);
      return Buffer.from(ready);
    },
    flush() {
      const text = redact(held + decoder.end());
      held = "";
      return Buffer.from(text);
    },
  };
};
