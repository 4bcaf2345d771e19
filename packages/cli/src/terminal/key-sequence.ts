import { CliError, exitCodes } from "../errors.ts";

/** A few keys in a row, as the bytes a terminal sends for them. */
export type KeySequence = readonly number[];

const keyOf = (word: string): number | undefined => {
  const control = /^(?:ctrl-|c-|\^)([a-z@[\]\\^_])$/i.exec(word)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  return /^[!-~]$/.test(word) ? word.charCodeAt(0) : undefined;
};

/**
 * Reads `ctrl-a d`, `^]` or `ctrl-p,ctrl-q`.
 * @throws CliError
 */
export const parseKeySequence = (text: string): KeySequence => {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const keys = words.map(keyOf);
  if (words.length > 0 && words.length <= 4 && keys.every((key) => key !== undefined)) return keys;
  throw new CliError(`"${text}" is no keys that can be pressed in a row.`, {
    hint: 'Write them like "ctrl-a d" or "ctrl-]"',
    exitCode: exitCodes.usage,
  });
};

/** Looks for a sequence in what is typed. */
export interface KeyWatch {
  /** Is the sequence complete with these bytes? */
  saw(data: Uint8Array): boolean;
}

/** Watches, without holding anything back. */
export const createKeyWatch = (sequence: KeySequence): KeyWatch => {
  let at = 0;
  return {
    saw(data) {
      for (const byte of data) {
        if (byte === sequence[at]) at += 1;
        else at = byte === sequence[0] ? 1 : 0;
        if (at === sequence.length) {
          at = 0;
          return true;
        }
      }
      return false;
    },
  };
};
