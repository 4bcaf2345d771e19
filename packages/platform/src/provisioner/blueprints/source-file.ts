import { type BlueprintSource, blueprintSchema, blueprintsFileSchema } from "@k8shell/contract";
import { type Document, isScalar, LineCounter, parseDocument, type ScalarTag, visit } from "yaml";
import type { z } from "zod";
import { checkExpressions, ExpressionError } from "./expressions.ts";
import { expression, expressionsIn, isTreeMap, type Tree, type TreeMap } from "./tree.ts";

/** Largest blueprint text read, bytes. */
export const maxBlueprintBytes = 1024 * 1024;

/** What is wrong with a file and where. */
export class BlueprintFileError extends Error {
  override readonly name = "BlueprintFileError";
  /** 1-based; undefined when the fault has no place. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** A blueprint as it stands in its file. */
export interface SourceBlueprint {
  readonly source: BlueprintSource;
  readonly tree: TreeMap;
}

const celTag: ScalarTag = { tag: "!cel", resolve: (text) => expression(text) };

/** Where a key stands that its map has twice. The library's own check compares each with each: seconds for 64 KiB. */
const duplicateKey = (document: Document.Parsed): number | undefined => {
  let found: number | undefined;
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
};

/** A parsed YAML text that can tell the line of a path. */
export interface ParsedText {
  readonly tree: Tree;
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/**
 * Parses YAML with the `!cel` tag, and checks the syntax of its expressions.
 * @throws BlueprintFileError
 */
export const parseBlueprintText = async (text: string): Promise<ParsedText> => {
  if (Buffer.byteLength(text) > maxBlueprintBytes) throw new BlueprintFileError("the file is too large");
  const lines = new LineCounter();
  const document: Document.Parsed = parseDocument(text, {
    lineCounter: lines,
    customTags: [celTag],
    prettyErrors: false,
    uniqueKeys: false,
  });
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw new BlueprintFileError(error.message, lines.linePos(error.pos[0]).line);
  let tree: Tree;
  let duplicate: number | undefined;
  try {
    duplicate = duplicateKey(document);
    tree = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new BlueprintFileError(cause instanceof Error ? cause.message : "cannot be read as YAML");
  }
  if (duplicate !== undefined) {
    throw new BlueprintFileError("Map keys must be unique", lines.linePos(duplicate).line);
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
        return lines.linePos(Number(node.range[0])).line;
      }
    }
    return undefined;
  };
  const expressions = expressionsIn(tree);
  try {
    await checkExpressions(expressions.map(({ source }) => source));
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    throw new BlueprintFileError(cause.message, lineOf(expressions[cause.index]?.path ?? []));
  }
  return { tree, lineOf };
};

/** `resources.cpu: expected string` of the first problem. */
export const describeIssue = (error: z.ZodError, skip = 0): { text: string; path: PropertyKey[] } => {
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const where = path.slice(skip).map(String).join(".");
  const text = (issue?.message ?? "is not valid").replace(/^Invalid input: /, "");
  return { text: where === "" ? text : `${where}: ${text}`, path };
};

/** Replaces expressions by nothing, so that the rest can be checked before they have a value. */
export const withoutExpressions = (tree: TreeMap): TreeMap =>
  Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]): Array<[string, Tree]> => {
      if (isTreeMap(value)) return [[key, withoutExpressions(value)]];
      return expressionsIn(value).length > 0 || value === null ? [] : [[key, value]];
    }),
  );

/**
 * Reads a blueprints file.
 * @throws BlueprintFileError for the first fault
 */
export const parseBlueprintsFile = async (text: string): Promise<SourceBlueprint[]> => {
  const parsed = await parseBlueprintText(text);
  if (parsed.tree === null) return [];
  const file = blueprintsFileSchema.safeParse(parsed.tree);
  if (!file.success) {
    const { text: message, path } = describeIssue(file.error);
    throw new BlueprintFileError(message, parsed.lineOf(path));
  }
  const list = isTreeMap(parsed.tree) && Array.isArray(parsed.tree.blueprints) ? parsed.tree.blueprints : [];
  const seen = new Set<string>();
  return file.data.blueprints.map((source, index) => {
    const tree = list[index];
    const at = (path: readonly PropertyKey[]) => parsed.lineOf(["blueprints", index, ...path]);
    if (!isTreeMap(tree)) throw new BlueprintFileError("must be a map", at([]));
    if (seen.has(source.name)) throw new BlueprintFileError(`duplicate name ${source.name}`, at(["name"]));
    seen.add(source.name);
    const checked = blueprintSchema.safeParse(withoutExpressions(tree));
    if (!checked.success) {
      const { text: message, path } = describeIssue(checked.error);
      throw new BlueprintFileError(`${source.name}: ${message}`, at(path));
    }
    return { source, tree };
  });
};
