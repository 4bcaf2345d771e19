import { fillPath } from "../fill-path.ts";
import { type Operations, operationTable } from "../gen/operations.ts";

/** A path that can be followed, and in its type what is there. */
export type FollowPath<T> = string & { readonly answers?: T };

type Args<K extends keyof Operations> = Operations[K]["optional"] extends true
  ? [input?: Operations[K]["input"]]
  : [input: Operations[K]["input"]];

/**
 * The path of an operation, for following it.
 *
 *     events.follow(pathOf("listWorkspaces", { all: true }), { onState: (workspaces) => … })
 */
export const pathOf = <K extends keyof Operations>(
  operation: K,
  ...[input]: Args<K>
): FollowPath<Operations[K]["output"]> => {
  const { path, rest } = fillPath(operationTable[operation][1], input);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
};
