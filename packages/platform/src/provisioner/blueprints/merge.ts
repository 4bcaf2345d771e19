import { isTreeMap, type Tree, type TreeMap } from "./tree.ts";

/**
 * Lays `over` on `base`. Maps are merged key by key at every depth; anything else, lists included, replaces what was
 * there; an explicit null removes the key.
 */
export const deepMerge = (base: TreeMap, over: TreeMap): TreeMap => {
  const merged = new Map<string, Tree>(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    if (value === null) merged.delete(key);
    else if (isTreeMap(value)) merged.set(key, deepMerge(isTreeMap(below) ? below : {}, value));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
};
