import { runInNewContext } from "node:vm";
import type { CelInput, CelValue } from "@bufbuild/cel";
import { expressionsIn, isExpression, isTreeMap, sourceOf, type Tree } from "./tree.ts";

/** The evaluator costs some megabytes of memory, and most servers have no expression: it is loaded for the first one. */
const load = async () => ({ ...(await import("@bufbuild/cel")), ...(await import("@bufbuild/cel/ext")) });
type Cel = Awaited<ReturnType<typeof load>>;

/** Values an expression may name: user, org, repo, workspace, env. */
export type Bindings = Readonly<Record<string, BindingValue>>;
export type BindingValue =
  | string
  | bigint
  | boolean
  | readonly string[]
  | { readonly [key: string]: BindingValue };

/**
 * Longest an evaluation of one blueprint may take, milliseconds. Comprehensions nest, so a short text can run for ever. Sound
 * ones take a few milliseconds; on a machine with many other programs to run, the first one a hundred times that.
 */
const timeLimitMs = 1_000;
const maxSourceLength = 4096;

/** An expression that cannot be parsed or evaluated. The message is fit for the blueprint's author. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

const toCel = (value: BindingValue): CelInput => {
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value;
  return new Map(Object.entries(value).map(([key, item]) => [key, toCel(item)]));
};

const fromCel = (cel: Cel, value: CelValue): Tree => {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    typeof value === "number"
  ) {
    return value;
  }
  if (typeof value === "bigint") return Number(value);
  if (cel.isCelUint(value)) return Number(value.value);
  if (cel.isCelList(value)) return [...value].map((item) => fromCel(cel, item));
  if (cel.isCelMap(value)) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), fromCel(cel, item)]));
  }
  throw new ExpressionError("an expression must give text, a number, a boolean, a list or a map");
};

const check = (cel: Cel, source: string): void => {
  if (source.length > maxSourceLength) throw new ExpressionError("the expression is too long");
  try {
    cel.parse(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : "syntax error";
    throw new ExpressionError(`!cel ${source}: ${reason}`);
  }
};

/**
 * Checks that an expression can be parsed.
 * @throws ExpressionError
 */
export const checkExpression = async (source: string): Promise<void> => check(await load(), source);

const evaluateOne = (cel: Cel, source: string, variables: Record<string, CelInput>): Tree => {
  check(cel, source);
  const result = cel.plan(cel.celEnv({ funcs: cel.strings }), cel.parse(source))(variables);
  if (cel.isCelError(result)) throw new ExpressionError(`!cel ${source}: ${result.message}`);
  return fromCel(cel, result);
};

const evaluateTree = (cel: Cel, tree: Tree, variables: Record<string, CelInput>): Tree => {
  if (isExpression(tree)) return evaluateOne(cel, sourceOf(tree), variables);
  if (Array.isArray(tree)) return tree.map((item) => evaluateTree(cel, item, variables));
  if (!isTreeMap(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, item]) => [key, evaluateTree(cel, item, variables)]),
  );
};

/**
 * Replaces every expression of a tree by its value.
 * @throws ExpressionError, also when the expressions together take too long
 */
export const evaluateExpressions = async (tree: Tree, bindings: Bindings): Promise<Tree> => {
  if (expressionsIn(tree).length === 0) return tree;
  const cel = await load();
  const variables = Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, toCel(value)]));
  let outcome: { value: Tree } | { error: unknown } | undefined;
  const evaluate = () => {
    try {
      outcome = { value: evaluateTree(cel, tree, variables) };
    } catch (error) {
      outcome = { error };
    }
  };
  try {
    // The context adds nothing but its time limit, which interrupts everything called from it.
    runInNewContext("evaluate()", { evaluate }, { timeout: timeLimitMs });
  } catch (cause) {
    throw new ExpressionError("the expressions take too long", { cause });
  }
  if (outcome && "value" in outcome) return outcome.value;
  if (outcome?.error instanceof ExpressionError) throw outcome.error;
  throw new ExpressionError("an expression cannot be evaluated", { cause: outcome?.error });
};
