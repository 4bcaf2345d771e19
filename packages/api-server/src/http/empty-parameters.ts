import { z } from "zod";

/**
 * Which parameters of a query count as absent when their value is empty: those that may be absent and that no empty text
 * can be. Clients written in Go send `username=` when they have no username.
 */
export const emptyIsAbsent = (schema: z.ZodType | undefined): ReadonlySet<string> => {
  if (!(schema instanceof z.ZodObject)) return new Set();
  const fields = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>);
  return new Set(
    fields
      .filter(([, field]) => field.safeParse(undefined).success && !field.safeParse("").success)
      .map(([name]) => name),
  );
};

/** `query` without the empty ones of `names`. */
export const withoutEmpty = (query: unknown, names: ReadonlySet<string>): unknown => {
  if (names.size === 0 || typeof query !== "object" || query === null) return query;
  const entries = Object.entries(query);
  return entries.some(([name, value]) => value === "" && names.has(name))
    ? Object.fromEntries(entries.filter(([name, value]) => value !== "" || !names.has(name)))
    : query;
};
