import { blueprintAppSchema, blueprintSchema, nearestKey } from "@k8shell/contract";
import { isTreeMap, type TreeMap } from "./tree.ts";

export interface MisspeltKey {
  readonly path: readonly string[];
  /** The key that was probably meant. */
  readonly meant: string;
}

const ofBlueprint = Object.keys(blueprintSchema.shape);
const ofApp = Object.keys(blueprintAppSchema.shape);

const misspeltIn = (tree: TreeMap, known: readonly string[], path: readonly string[]) => {
  for (const key of Object.keys(tree)) {
    if (known.includes(key)) continue;
    const meant = nearestKey(key, known);
    // Where both stand side by side it is a key of its own.
    if (meant !== undefined && !Object.hasOwn(tree, meant)) return { path: [...path, key], meant };
  }
  return undefined;
};

/**
 * The first key of a blueprint, or of its apps, that nothing reads and that is spelled nearly as one that is read. Other
 * unknown keys may be of a newer platform.
 */
export const misspeltKey = (blueprint: TreeMap): MisspeltKey | undefined => {
  const found = misspeltIn(blueprint, ofBlueprint, []);
  if (found || !isTreeMap(blueprint.apps)) return found;
  for (const [name, app] of Object.entries(blueprint.apps)) {
    const inApp = isTreeMap(app) ? misspeltIn(app, ofApp, ["apps", name]) : undefined;
    if (inApp) return inApp;
  }
  return undefined;
};
