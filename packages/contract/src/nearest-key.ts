import { closestMatch } from "leven";

/** Typing errors that a key of this many letters may have: one, and one more for every three. */
const mostErrors = (length: number): number => Math.max(1, Math.floor(length / 3));

/**
 * The key that a key nobody reads probably stands for: the one that differs in capitals only, else the one that is spelt
 * nearly so (Levenshtein distance).
 * @param key as it was written, not one of `known`
 * @param known the keys that are read in its place
 */
export const nearestKey = (key: string, known: readonly string[]): string | undefined =>
  known.find((one) => one.toLowerCase() === key.toLowerCase()) ??
  closestMatch(key, known, { maxDistance: mostErrors(key.length) });
