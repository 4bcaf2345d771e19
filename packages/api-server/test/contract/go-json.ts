/**
 * What the platform's clients, which are written in Go, make of a JSON value: a type mismatch fails their whole call, a
 * misspelled key is silently lost. A check answers with what is wrong, one line per fault.
 */
export type Check = (value: unknown, at: string) => string[];

const found = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text === undefined ? "nothing" : text.slice(0, 80);
};

const that =
  (expected: string, holds: (value: unknown) => boolean): Check =>
  (value, at) =>
    holds(value) ? [] : [`${at}: ${found(value)} instead of ${expected}`];

const isInteger = (value: unknown, from: number, to: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= from && value <= to;

export const text = that("text", (value) => typeof value === "string");
export const filled = that("text that is not empty", (value) => typeof value === "string" && value !== "");
export const bool = that("a boolean", (value) => typeof value === "boolean");
export const int32 = that("an int32", (value) => isInteger(value, -(2 ** 31), 2 ** 31 - 1));
export const uint32 = that("a uint32", (value) => isInteger(value, 0, 2 ** 32 - 1));
export const int64 = that("an exact int64", (value) => Number.isSafeInteger(value));
export const uint64 = that("an exact uint64", (value) => isInteger(value, 0, Number.MAX_SAFE_INTEGER));
export const float = that("a number", (value) => typeof value === "number" && Number.isFinite(value));

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339. An empty string would fail the client's whole call. */
export const time = that("a time", (value) => typeof value === "string" && rfc3339.test(value));
export const timeOrNull = that(
  "a time or null",
  (value) => value === null || (typeof value === "string" && rfc3339.test(value)),
);

export const oneOf = (...words: readonly string[]): Check =>
  that(`one of ${words.join(", ")}`, (value) => typeof value === "string" && words.includes(value));

export const matching = (pattern: RegExp): Check =>
  that(`text like ${pattern}`, (value) => typeof value === "string" && pattern.test(value));

/** A bare array: never null, never in an envelope. */
export const list =
  (item: Check): Check =>
  (value, at) =>
    Array.isArray(value)
      ? value.flatMap((element, index) => item(element, `${at}[${index}]`))
      : [`${at}: ${found(value)} instead of an array`];

/** Text by text. */
export const texts: Check = (value, at) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, element]) => text(element, `${at}.${key}`))
    : [`${at}: ${found(value)} instead of an object`];

/** Fields by their exact names; a name that ends with `?` may be missing. Others must not be there. */
export type Fields = Readonly<Record<string, Check>>;

export const object =
  (fields: Fields): Check =>
  (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return [`${at}: ${found(value)} instead of an object`];
    }
    const known = new Map(
      Object.entries(fields).map(([name, check]) => [
        name.replace(/\?$/, ""),
        { check, optional: name.endsWith("?") },
      ]),
    );
    const wrong = Object.keys(value)
      .filter((name) => !known.has(name))
      .map((name) => `${at}.${name}: not in the contract`);
    // Go takes keys that differ in case for the same one: the last would win.
    const names = Object.keys(value).map((name) => name.toLowerCase());
    if (new Set(names).size < names.length) wrong.push(`${at}: two keys differ in case only`);
    for (const [name, { check, optional }] of known) {
      const element: unknown = Reflect.get(value, name);
      if (element === undefined && optional) continue;
      wrong.push(...check(element, `${at}.${name}`));
    }
    return wrong;
  };
