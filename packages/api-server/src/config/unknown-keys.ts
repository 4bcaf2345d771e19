import { nearestKey } from "@k8shell/contract";
import { configAsJsonSchema, type SchemaNode } from "./json-schema.ts";

export interface UnknownKey {
  readonly path: readonly (string | number)[];
  /** The full key that was probably meant. */
  readonly suggestion: string | undefined;
}

const isBlock = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every key of a schema, in full. */
const allKeys = (schema: SchemaNode, prefix = ""): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    `${prefix}${name}`,
    ...allKeys(child, `${prefix}${name}.`),
  ]);

const lastOf = (key: string): string => key.slice(key.lastIndexOf(".") + 1);

/** A key beside it that is spelled nearly so, else one of the same name in another block. */
const suggest = (name: string, parent: string, schema: SchemaNode, keys: readonly string[]) => {
  const sibling = nearestKey(name, Object.keys(schema.properties ?? {}));
  if (sibling !== undefined) return `${parent}${sibling}`;
  const elsewhere = keys.filter((key) => lastOf(key).toLowerCase() === name.toLowerCase());
  return elsewhere.length === 1 ? elsewhere[0] : undefined;
};

/**
 * The keys of a configuration that mean nothing. They are warned about and never refused: the platform's own loader
 * ignores them, and its services share files (rest-contract section 5).
 */
export const unknownKeys = (value: unknown): UnknownKey[] => {
  const root = configAsJsonSchema();
  const keys = allKeys(root);
  const walk = (part: unknown, schema: SchemaNode, path: readonly (string | number)[]): UnknownKey[] => {
    const { items, properties } = schema;
    if (Array.isArray(part) && items) {
      return part.flatMap((item, index) => walk(item, items, [...path, index]));
    }
    if (!isBlock(part) || !properties) return [];
    const parent = path.map((step) => `${step}.`).join("");
    return Object.entries(part).flatMap(([name, child]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (known) return walk(child, known, [...path, name]);
      return [{ path: [...path, name], suggestion: suggest(name, parent, schema, keys) }];
    });
  };
  return walk(value, root, []);
};
