import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isScalar, parseDocument, visit } from "yaml";
import { ConfigError } from "./config-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

const expand = (text: string, env: Environment, file: string): string =>
  text.replace(variable, (_, name: string) => {
    const value = env[name];
    if (value === undefined) throw new ConfigError(`${file}: the environment variable ${name} is not set`);
    return value;
  });

const readIncluded = (path: string, file: string): string => {
  try {
    return readFileSync(resolve(dirname(file), path), "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${file}: cannot read the file ${path} named by !file`, { cause });
  }
};

/**
 * Reads a configuration file with the platform's rules (rest-contract section 5): `${VAR}` in every scalar and key, an
 * unset variable is an error, `!file path` is the trimmed text of a file beside the configuration. Every scalar comes
 * out as text, whatever its tag: the schema knows what is a number.
 * @throws ConfigError
 */
export const readYaml = (file: string, env: Environment): unknown => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`${file}: cannot be read`, { cause });
  }
  // The failsafe schema resolves nothing: `!!int ${PORT}` is not yet a number when it is parsed.
  const document = parseDocument(text, { schema: "failsafe", logLevel: "silent" });
  const [error] = document.errors;
  if (error) throw new ConfigError(`${file}: ${error.message.split("\n", 1)[0]}`);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === "")) {
    throw new ConfigError(`${file}: is empty`);
  }
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== "string") return;
      const expanded = expand(node.value, env, file);
      node.value = node.tag === "!file" ? readIncluded(expanded, file) : expanded;
    },
  });
  return document.toJS();
};
