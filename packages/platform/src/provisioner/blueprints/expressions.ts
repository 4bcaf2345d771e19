import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { expressionsIn, isExpression, isTreeMap, type Tree } from "./tree.ts";

/** Values an expression may name: user, org, repo, workspace, env. */
export type Bindings = Readonly<Record<string, BindingValue>>;
export type BindingValue =
  | string
  | bigint
  | boolean
  | readonly string[]
  | { readonly [key: string]: BindingValue };

/** What the evaluator is asked: to parse, and with bindings to evaluate. */
export interface ExpressionQuestion {
  readonly sources: readonly string[];
  readonly bindings?: Bindings;
}

/** The values in the order of the sources, or the first source that has none. */
export type ExpressionAnswer =
  | { readonly values: readonly Tree[] }
  | { readonly fault: { readonly index: number; readonly reason: string } };

/** An expression that cannot be parsed or evaluated. The message is fit for the blueprint's author. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  /** Which one of those that were given. */
  readonly index: number;

  constructor(message: string, index = 0, options?: { cause?: unknown }) {
    super(message, options);
    this.index = index;
  }
}

/**
 * A few lines can keep a processor busy for ever or ask for all the memory there is, and V8 ends the whole process, its worker
 * threads included, where memory runs out. So expressions are evaluated in a process of their own, with these limits.
 */
const maxHeapMiB = 64;
/** Milliseconds for the process; expressions have one second of it (evaluator.ts). */
const timeoutMs = 20_000;
/** Values are limited to 1 MiB (cel.ts), which escapes make longer. */
const maxAnswerBytes = 8 * 1024 * 1024;

const answerSchema = z.union([
  z.object({ values: z.array(z.json()) }),
  z.object({ fault: z.object({ index: z.number(), reason: z.string() }) }),
]);

/** Beside this module in source; in the bundle at the top of `dist` (scripts/build.mjs), this module there or in `chunks`. */
const program = (): string => {
  const places = ["./evaluator.ts", "./evaluator.mjs", "../evaluator.mjs"];
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
  if (found === undefined) throw new Error("the evaluator of expressions is not installed");
  return found;
};

const run = (question: ExpressionQuestion): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = [`--max-old-space-size=${maxHeapMiB}`, "--v8-pool-size=0", program()];
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: maxAnswerBytes } as const;
    const child = execFile(process.execPath, args, { ...limits, env: {}, cwd: "/" }, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (child.pid === undefined) reject(error);
      else if (error.killed)
        reject(new ExpressionError("the expressions take too long", 0, { cause: error }));
      else reject(new ExpressionError("the expressions need too much memory", 0, { cause: error }));
    });
    // It may be gone before it has read everything; how it ended is told above.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(
      JSON.stringify(question, (_key, value) => (typeof value === "bigint" ? Number(value) : value)),
    );
  });

/** @throws ExpressionError */
const ask = async (question: ExpressionQuestion): Promise<readonly Tree[]> => {
  if (question.sources.length === 0) return [];
  const answer = answerSchema.parse(JSON.parse(await run(question)));
  if ("fault" in answer) throw new ExpressionError(answer.fault.reason, answer.fault.index);
  return answer.values;
};

/**
 * Checks that expressions can be parsed.
 * @throws ExpressionError for the first one that cannot
 */
export const checkExpressions = async (sources: readonly string[]): Promise<void> => {
  await ask({ sources });
};

/**
 * Replaces every expression of a tree by its value.
 * @throws ExpressionError, also when the expressions together take too long or too much memory, or give too much
 */
export const evaluateExpressions = async (tree: Tree, bindings: Bindings): Promise<Tree> => {
  const sources = expressionsIn(tree).map(({ source }) => source);
  if (sources.length === 0) return tree;
  const values = await ask({ sources, bindings });
  let next = 0;
  /** Goes through the tree in the order of `expressionsIn`. */
  const replace = (value: Tree): Tree => {
    if (isExpression(value)) return values[next++] ?? null;
    if (Array.isArray(value)) return value.map(replace);
    if (!isTreeMap(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]));
  };
  return replace(tree);
};
