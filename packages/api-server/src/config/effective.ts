import { stringify } from "yaml";
import type { Config } from "./config.ts";
import { configAsJsonSchema, type SchemaNode } from "./json-schema.ts";

const mask = "********";
/** Blocks whose keys the schema does not know (sign-in providers): what sounds like a secret is one. */
const soundsSecret = /secret|password|token|private/i;

const isBlock = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `nats://user:password@host` and the like, several separated by commas, without what is before the host. */
const withoutCredentials = (value: string): string =>
  value.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s,]*@/gi, `$1${mask}@`);

const masked = (value: unknown, schema: SchemaNode | undefined, key: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => masked(item, schema?.items, key));
  if (isBlock(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, child]) => child !== undefined)
        .map(([name, child]) => [name, masked(child, schema?.properties?.[name], name)]),
    );
  }
  const isSecret = schema?.secret ?? (schema === undefined && soundsSecret.test(key));
  if (isSecret) return mask;
  return typeof value === "string" ? withoutCredentials(value) : value;
};

/** A configuration with its defaults as YAML, secrets masked. */
export const formatConfig = (config: Config): string =>
  stringify(masked(config, configAsJsonSchema(), ""), { lineWidth: 0 });
