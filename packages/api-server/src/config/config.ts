import { ConfigError } from "./config-error.ts";
import { readYaml } from "./read-yaml.ts";
import { type Config, configSchema } from "./schema.ts";
import { unknownKeys } from "./unknown-keys.ts";

export type { Config } from "./schema.ts";

/** Where a service is, when it is not embedded. */
export type RemoteService = Config["provisioner"];

/** A rule that lets people of a provider in. */
export type OnboardRuleConfig = NonNullable<Config["identity"]["onboardRules"]>[number];

/** The configuration without a file. */
export const defaultConfig = (): Config => configSchema.parse({});

const keyOf = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? "the document" : path.map(String).join(".");

/**
 * Reads and checks a configuration file. What it says wrong is all said at once, a line each:
 * `file:line:column: key: what was expected`.
 * @param warn told, in words for the operator, of keys that mean nothing
 * @throws ConfigError
 */
export const loadConfig = (
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  warn: (message: string) => void = () => {},
): Config => {
  const { value, at } = readYaml(file, env);
  const result = configSchema.safeParse(value);
  if (!result.success) {
    const lines = result.error.issues.map(
      ({ path, message }) => `${at(path)}: ${keyOf(path)}: ${message.replace(/^Invalid input: /, "")}`,
    );
    throw new ConfigError(lines.join("\n"));
  }
  for (const { path, suggestion } of unknownKeys(value)) {
    warn(
      `${at(path)}: ${keyOf(path)}: is not a key of the configuration and is ignored${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`,
    );
  }
  return result.data;
};
