import { type Blueprint, blueprintSchema } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import { type Bindings, ExpressionError, evaluateExpressions } from "./expressions.ts";
import { deepMerge } from "./merge.ts";
import { applyPatches, type BlueprintPatch } from "./patch.ts";
import { describeIssue, type SourceBlueprint } from "./source-file.ts";
import { isTreeMap, type TreeMap } from "./tree.ts";

const maxDepth = 16;

/** Keys that describe one blueprint and are never inherited. */
const ownKeys = ["name", "description", "isTemplate", "template", "metadata"];

const inheritable = (tree: TreeMap): TreeMap =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => !ownKeys.includes(key)));

/**
 * Lays a blueprint over its chain of templates.
 * @param find looks a blueprint up by name
 * @throws RpcError FailedPrecondition for a missing template or a circle
 */
export const applyTemplates = (
  blueprint: TreeMap,
  find: (name: string) => SourceBlueprint | undefined,
): TreeMap => {
  const chain = [blueprint];
  let next = blueprint.template;
  while (typeof next === "string" && next !== "") {
    if (chain.length > maxDepth) {
      throw new RpcError(
        Code.FailedPrecondition,
        `the templates of the blueprint form a circle or are too deep`,
      );
    }
    const template = find(next);
    if (!template) throw new RpcError(Code.FailedPrecondition, `template ${next} does not exist`);
    chain.push(template.tree);
    next = template.tree.template;
  }
  const base = chain.slice(1).reduceRight<TreeMap>((below, tree) => deepMerge(below, inheritable(tree)), {});
  return deepMerge(base, blueprint);
};

/**
 * Makes a blueprint ready for use: templates, expressions, the policy's patches, then the schema.
 * @throws RpcError FailedPrecondition with the reason when that is not possible
 */
export const composeBlueprint = async (options: {
  tree: TreeMap;
  find: (name: string) => SourceBlueprint | undefined;
  bindings: Bindings;
  patches?: readonly BlueprintPatch[];
}): Promise<Blueprint> => {
  const name = typeof options.tree.name === "string" ? options.tree.name : "";
  const merged = applyTemplates(options.tree, options.find);
  let evaluated: unknown;
  try {
    evaluated = await evaluateExpressions(merged, options.bindings);
  } catch (error) {
    if (error instanceof ExpressionError) {
      throw new RpcError(Code.FailedPrecondition, `blueprint ${name}: ${error.message}`);
    }
    throw error;
  }
  const patched = applyPatches(isTreeMap(evaluated) ? evaluated : {}, options.patches ?? []);
  const checked = blueprintSchema.safeParse(patched);
  if (checked.success) return checked.data;
  throw new RpcError(Code.FailedPrecondition, `blueprint ${name}: ${describeIssue(checked.error).text}`);
};
