import { type ZodType, z } from "zod";

/** A JSON Schema 2020-12 object, which is what OpenAPI 3.1 uses. */
export type JsonSchema = { [key: string]: unknown };

/** Collects the named schemas of a document while translating. */
export interface SchemaCollector {
  /** The JSON Schema of `schema`, in which named ones are references to components. */
  translate(schema: ZodType, io: "input" | "output"): JsonSchema;
  /** The named schemas met so far, by name. */
  components(): Record<string, JsonSchema>;
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Points references at components and drops what only the validator needs. */
const rewrite = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(rewrite);
  if (!isObject(value)) return value;
  const result: JsonSchema = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === "$schema" || key === "$defs") continue;
    // Objects grow: a client must not refuse what it does not know.
    if (key === "additionalProperties" && child === false) continue;
    // The format says it; the validator's expression for it is a hundred characters long.
    if (key === "pattern" && value.format !== undefined) continue;
    result[key] =
      key === "$ref" && typeof child === "string"
        ? child.replace("#/$defs/", "#/components/schemas/")
        : rewrite(child);
  }
  return result;
};

/** Makes a collector for one document. */
export const createSchemaCollector = (): SchemaCollector => {
  const named = new Map<string, JsonSchema>();
  const add = (definitions: unknown): void => {
    if (!isObject(definitions)) return;
    for (const [name, definition] of Object.entries(definitions)) {
      const translated = rewrite(definition);
      if (isObject(translated)) named.set(name, translated);
    }
  };
  return {
    translate(schema, io) {
      const translated: unknown = z.toJSONSchema(schema, { io, unrepresentable: "any" });
      if (!isObject(translated)) throw new TypeError("a schema is an object");
      add(translated.$defs);
      const rewritten = rewrite(translated);
      return isObject(rewritten) ? rewritten : {};
    },
    components: () => Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
};
