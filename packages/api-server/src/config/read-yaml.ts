import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, Scalar, visit } from "yaml";
import { ConfigError } from "./config-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration as it is written: blocks, lists, text and null. */
export interface WrittenConfig {
  readonly value: unknown;
  /** `file:line:column` of a key, or of the nearest block around it that is there. */
  at(path: readonly PropertyKey[]): string;
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** How YAML writes that there is nothing, unquoted. */
const nothing = /^(~|null|Null|NULL)?$/;

/**
 * Reads a configuration file with the platform's rules (rest-contract section 5): `${VAR}` in every scalar and key, an
 * unset variable is an error, `!file path` is the trimmed text of a file beside the configuration. Every scalar comes
 * out as text, whatever its tag: the schema knows what is a number.
 * @throws ConfigError
 */
export const readYaml = (file: string, env: Environment): WrittenConfig => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError(`${file}: cannot be read`, { cause });
  }
  const lines = new LineCounter();
  // The failsafe schema resolves nothing: `!!int ${PORT}` is not yet a number when it is parsed.
  const document = parseDocument(text, {
    schema: "failsafe",
    merge: true,
    logLevel: "silent",
    prettyErrors: false,
    lineCounter: lines,
  });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error) throw new ConfigError(`${place(error.pos[0])}: ${error.message}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === "" && contents.type === Scalar.PLAIN)) {
    throw new ConfigError(`${file}: is empty`);
  }

  const expand = (value: string, where: string): string =>
    value.replace(variable, (_, name: string) => {
      const known = env[name];
      if (known === undefined) throw new ConfigError(`${where}: the environment variable ${name} is not set`);
      return known;
    });
  const included = (path: string, where: string): string => {
    try {
      return readFileSync(resolve(dirname(file), path), "utf8").trim();
    } catch (cause) {
      const why = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
      throw new ConfigError(`${where}: cannot read the file ${path} named by !file${why}`, { cause });
    }
  };

  visit(document, {
    Collection(_key, node) {
      if (node.tag === "!file") {
        throw new ConfigError(`${place(node.range?.[0] ?? 0)}: expected the path of a file after !file`);
      }
    },
    Scalar(key, node, ancestors) {
      if (typeof node.value !== "string") return;
      const names = ancestors
        .filter(isPair)
        .map((pair) => (isScalar(pair.key) ? String(pair.key.value) : "?"));
      const name = key === "key" ? names.slice(0, -1).concat(node.value) : names;
      const where = `${place(node.range?.[0] ?? 0)}: ${name.join(".") || "the document"}`;
      const isNothing = node.type === Scalar.PLAIN && nothing.test(node.value) && node.tag !== "!file";
      const expanded = expand(node.value, where);
      if (node.tag === "!file") node.value = included(expanded, where);
      else if (key === "value" && isNothing) node.value = null;
      else node.value = expanded;
    },
  });

  return {
    value: document.toJS(),
    at(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const steps = path.slice(0, length).map((step) => (typeof step === "number" ? step : String(step)));
        const around = document.getIn(steps.slice(0, -1), true);
        const pair =
          isMap(around) && around.items.find(({ key }) => isScalar(key) && key.value === steps.at(-1));
        const node = pair ? pair.key : document.getIn(steps, true);
        if (isNode(node) && node.range) return place(node.range[0]);
      }
      return file;
    },
  };
};
