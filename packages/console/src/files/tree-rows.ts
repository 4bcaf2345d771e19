import type { FileInfo } from "@k8shell/sdk";

/** The content of a directory as far as it is known. */
export interface DirectoryState {
  readonly entries: readonly FileInfo[] | undefined;
  readonly complete: boolean;
  readonly problem: unknown;
}

/** A line of the tree. */
export type TreeRow =
  | {
      readonly kind: "entry";
      readonly entry: FileInfo;
      /** 1 for what is in the root of the tree. */
      readonly level: number;
      readonly expanded: boolean | undefined;
      readonly position: number;
      readonly size: number;
    }
  | {
      readonly kind: "note";
      readonly key: string;
      readonly level: number;
      readonly note: "loading" | "empty" | "cut" | "failed";
      readonly problem?: unknown;
    };

/**
 * The lines of a tree from top to bottom.
 * @param directory the state of each directory that is open
 */
export const treeRows = (
  root: string,
  expanded: ReadonlySet<string>,
  directory: (path: string) => DirectoryState | undefined,
): readonly TreeRow[] => {
  const rows: TreeRow[] = [];
  const add = (path: string, level: number) => {
    const state = directory(path);
    const note = (kind: "loading" | "empty" | "cut" | "failed", problem?: unknown) =>
      rows.push({ kind: "note", key: `${path} ${kind}`, level, note: kind, problem });
    if (!state?.entries) {
      if (state?.problem) note("failed", state.problem);
      else note("loading");
      return;
    }
    if (state.entries.length === 0) note("empty");
    state.entries.forEach((entry, index) => {
      const open = entry.isDir ? expanded.has(entry.path) : undefined;
      rows.push({
        kind: "entry",
        entry,
        level,
        expanded: open,
        position: index + 1,
        size: state.entries?.length ?? 0,
      });
      // A link may lead back to where it is.
      if (open && level < 32) add(entry.path, level + 1);
    });
    if (!state.complete) note("cut");
  };
  add(root, 1);
  return rows;
};
