import { readFileSync } from "node:fs";

/** Ids that workspaces may be given on this machine. */
export interface UidRange {
  readonly first: number;
  readonly count: number;
}

const preferredFirst = 200_000;
const preferredCount = 1_000_000_000;
const fallbackFirst = 20_000;
const smallest = 1000;

interface Mapping {
  readonly first: number;
  readonly count: number;
}

/** The ranges of ids that exist in this user namespace, from the text of `/proc/self/uid_map` or `gid_map`. */
const mappings = (text: string): Mapping[] =>
  text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((fields) => fields.length === 3)
    .map(([first = 0, , count = 0]) => ({ first, count }));

const overlap = (range: Mapping, first: number, count: number): Mapping => {
  const from = Math.max(range.first, first);
  return { first: from, count: Math.min(range.first + range.count, first + count) - from };
};

/**
 * Chooses the ids for workspaces: from 200000 on where they exist, otherwise (in a container with few ids) what lies
 * above 20000; undefined when there is no room.
 */
export const chooseUidRange = (uidMap: string, gidMap: string): UidRange | undefined => {
  for (const [first, count] of [
    [preferredFirst, preferredCount],
    [fallbackFirst, preferredFirst - fallbackFirst],
  ] as const) {
    for (const uids of mappings(uidMap)) {
      for (const gids of mappings(gidMap)) {
        const common = overlap(gids, uids.first, uids.count);
        const range = overlap(common, first, count);
        if (range.count >= smallest) return range;
      }
    }
  }
  return undefined;
};

/** The ids this process may give to workspaces; undefined when it cannot change ids (it is not root, or alone in its namespace). */
export const uidRangeOfProcess = (): UidRange | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return chooseUidRange(
      readFileSync("/proc/self/uid_map", "utf8"),
      readFileSync("/proc/self/gid_map", "utf8"),
    );
  } catch {
    return undefined;
  }
};
