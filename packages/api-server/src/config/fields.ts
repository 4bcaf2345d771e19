import { z } from "zod";

/** What the reference and `--check-config` know of a key beside its type. */
export interface KeyNotes {
  /** Shown as the default where none is in the schema, e.g. because it depends on another key. */
  readonly otherwise?: string;
  /** Never printed. */
  readonly secret?: boolean;
}

/** Configuration values arrive as text or null (see `readYaml`); an empty text counts as absent. */
const absent = (value: unknown): unknown => (value === "" || value === null ? undefined : value);

/** A key that may be absent. */
export const optional = <T extends z.ZodType>(of: T, description: string, notes: KeyNotes = {}) =>
  z.preprocess(absent, of.optional()).meta({ description, ...notes });

/** A key with a default. */
export const withDefault = <T extends z.ZodType>(
  of: T,
  value: z.core.util.NoUndefined<z.output<T>>,
  description: string,
  notes: KeyNotes = {},
) => z.preprocess(absent, of.default(value)).meta({ description, ...notes });

/** A key that must be there. */
export const required = <T extends z.ZodType>(of: T, description: string, notes: KeyNotes = {}) =>
  z.preprocess(absent, of).meta({ description, ...notes });

/** A block of keys; absent, it is one in which every key is absent. */
export const section = <T extends z.ZodRawShape>(description: string, shape: T) =>
  z
    .preprocess((value) => absent(value) ?? {}, z.object(shape, { error: "expected a block of keys" }))
    .meta({ description });

export const text = () => z.string({ error: "expected text" });

/** An address such as `https://k8shell.example.org`. */
export const httpUrl = () =>
  z
    .string({ error: "expected an address like https://k8shell.example.org" })
    .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
      error: "expected an address like https://k8shell.example.org",
    });

export const integer = (min: number, max: number) => {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === "string" && /^[+-]?\d+$/.test(value.trim()) ? Number(value) : value),
    z.number({ error }).int({ error }).min(min, { error }).max(max, { error }),
  );
};

/** The platform's own loader takes the words of YAML 1.1 for flags too. */
const truth: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, y: true },
  ...{ false: false, no: false, off: false, n: false },
};

export const boolean = () =>
  z.preprocess(
    (value) => (typeof value === "string" ? (truth[value.trim().toLowerCase()] ?? value) : value),
    z.boolean({ error: "expected true or false" }),
  );

/** One of some words, in any case of letters. */
export const choice = <const T extends readonly [string, ...string[]]>(...words: T) => {
  const shown = words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return z.preprocess(
    (value) =>
      typeof value === "string"
        ? (words.find((word) => word.toLowerCase() === value.trim().toLowerCase()) ?? value)
        : value,
    z.enum(words, { error: `expected ${shown}` }),
  );
};

/** A list, or text with commas. */
export const list = () =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value),
    z.array(z.string({ error: "expected text" }), { error: "expected a list" }),
  );

/** A list of blocks. */
export const blocks = <T extends z.ZodType>(of: T) => z.array(of, { error: "expected a list of blocks" });

/** A block whose keys are known to the service it is for: values stay text, except true and false. */
export const openBlock = () =>
  z.record(
    z.string(),
    z.preprocess(
      (value) => (typeof value === "string" ? (truth[value] ?? value) : value),
      z.union([z.string(), z.boolean(), z.array(z.string())], {
        error: "expected a scalar or a list of text",
      }),
    ),
    { error: "expected a block of keys" },
  );
