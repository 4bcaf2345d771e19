import { Code, RpcError } from "@k8shell/rpc";
import { isTreeMap, type Tree, type TreeMap } from "./tree.ts";

/** One change of a composed blueprint, from an obligation `patch:<JSON pointer>` of the policy decision. */
export interface BlueprintPatch {
  /** JSON pointer (RFC 6901), e.g. `/resources/memory`. */
  readonly pointer: string;
  readonly value: Tree;
}

const prefix = "patch:";

const parseValue = (text: string): Tree => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * The patches among a decision's obligations (grpc-behaviour section 5). A value that is not JSON is taken as text.
 * @throws RpcError FailedPrecondition for an obligation this provisioner cannot honour: it must not be ignored
 */
export const patchesOf = (obligations: Readonly<Record<string, string>>): BlueprintPatch[] =>
  Object.entries(obligations).map(([name, value]) => {
    if (!name.startsWith(prefix) || !name.slice(prefix.length).startsWith("/")) {
      throw new RpcError(Code.FailedPrecondition, "the policy asks for something this provisioner cannot do");
    }
    return { pointer: name.slice(prefix.length), value: parseValue(value) };
  });

const forbidden = new Set(["__proto__", "constructor", "prototype"]);

const segmentsOf = (pointer: string): string[] =>
  pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));

const setAt = (target: Tree | undefined, segments: readonly string[], value: Tree): Tree => {
  const [segment, ...rest] = segments;
  if (segment === undefined) return value;
  if (forbidden.has(segment)) throw new RpcError(Code.FailedPrecondition, "the policy's patch is not valid");
  if (Array.isArray(target)) {
    const index = segment === "-" ? target.length : Number(segment);
    if (!Number.isInteger(index) || index < 0 || index > target.length) {
      throw new RpcError(Code.FailedPrecondition, "the policy's patch does not fit the blueprint");
    }
    return [...target.slice(0, index), setAt(target[index], rest, value), ...target.slice(index + 1)];
  }
  const map: TreeMap = isTreeMap(target) ? target : {};
  if (rest.length === 0 && value === null) {
    return Object.fromEntries(Object.entries(map).filter(([key]) => key !== segment));
  }
  return { ...map, [segment]: setAt(map[segment], rest, value) };
};

/** Applies patches in order: sets what the pointer names, making missing maps on the way; null removes a key. */
export const applyPatches = (blueprint: TreeMap, patches: readonly BlueprintPatch[]): TreeMap => {
  let result: Tree = blueprint;
  for (const { pointer, value } of patches) result = setAt(result, segmentsOf(pointer), value);
  return isTreeMap(result) ? result : blueprint;
};
