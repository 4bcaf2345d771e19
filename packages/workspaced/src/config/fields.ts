/** A configuration that does not have the shape it should; the message names the field. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export type Fields = Record<string, unknown>;

/** A check of one value: returns it with its type, or throws ConfigError naming `where`. */
export type Check<T> = (value: unknown, where: string) => T;

const fail = (where: string, wanted: string): never => {
  throw new ConfigError(`${where} must be ${wanted}`);
};

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const object: Check<Fields> = (value, where) => (isFields(value) ? value : fail(where, "an object"));

export const string: Check<string> = (value, where) =>
  typeof value === "string" && !value.includes("\0") ? value : fail(where, "a string without NUL");

export const nonEmpty: Check<string> = (value, where) =>
  string(value, where) === "" ? fail(where, "a non-empty string") : string(value, where);

export const absolutePath: Check<string> = (value, where) =>
  string(value, where).startsWith("/") ? string(value, where) : fail(where, "an absolute path");

export const boolean: Check<boolean> = (value, where) =>
  typeof value === "boolean" ? value : fail(where, "true or false");

/** A finite number of at least 0. */
export const amount: Check<number> = (value, where) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0
    ? value
    : fail(where, "a number of at least 0");

export const port: Check<number> = (value, where) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65535
    ? value
    : fail(where, "a port of 0 to 65535");

export const listOf =
  <T>(check: Check<T>): Check<T[]> =>
  (value, where) =>
    Array.isArray(value)
      ? value.map((item, index) => check(item, `${where}[${index}]`))
      : fail(where, "a list");

export const mapOf =
  <T>(check: Check<T>): Check<Record<string, T>> =>
  (value, where) =>
    Object.fromEntries(
      Object.entries(object(value, where)).map(([name, item]) => [name, check(item, `${where}.${name}`)]),
    );

export const oneOf =
  <T extends string>(...words: readonly T[]): Check<T> =>
  (value, where) =>
    words.find((word) => word === value) ?? fail(where, `one of ${words.join(", ")}`);

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, where) =>
    value === undefined || value === null ? undefined : check(value, where);

export const withDefault =
  <T>(check: Check<T>, fallback: T): Check<T> =>
  (value, where) =>
    value === undefined || value === null ? fallback : check(value, where);
