import { type FileList, K8shellError } from "@k8shell/sdk";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { directoryQuery } from "./queries.ts";
import { type TreeRow, treeRows } from "./tree-rows.ts";

export interface Tree {
  readonly rows: readonly TreeRow[];
  /** The absolute path of the root; undefined until it is known. */
  readonly rootPath: string | undefined;
  /** Why the root cannot be shown. */
  readonly problem: unknown;
  isExpanded(path: string): boolean;
  setExpanded(path: string, expanded: boolean): void;
}

/** Does the server say that it cannot be shown any more? While there is no answer, what is known stays. */
const isGone = (error: unknown): boolean =>
  error instanceof K8shellError && [400, 403, 404, 409].includes(error.status);

/** What there is of each directory, in the order of the questions. */
const contents = (answers: UseQueryResult<FileList>[]) => answers.map(({ data, error }) => ({ data, error }));

/** The directories of a workspace that are open below `root`. */
export const useTree = (workspace: string, root: string, hidden: boolean, shown: boolean): Tree => {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const paths = useMemo(() => [root, ...[...expanded].filter((path) => path !== root)], [root, expanded]);
  const found = useQueries({
    queries: paths.map((path) => ({ ...directoryQuery(workspace, path, hidden), enabled: shown })),
    combine: contents,
  });
  const rows = useMemo(() => {
    const states = new Map(
      paths.map((path, index) => {
        const { data, error } = found[index] ?? {};
        return [
          path,
          {
            entries: data?.entries,
            complete: data?.complete ?? true,
            problem: error ?? undefined,
          },
        ];
      }),
    );
    return treeRows(root, expanded, (path) => states.get(path));
  }, [root, expanded, paths, found]);
  const first = found[0];
  return {
    rows,
    rootPath: first?.data?.path,
    problem: first?.data && !isGone(first.error) ? undefined : (first?.error ?? undefined),
    isExpanded: (path) => expanded.has(path),
    setExpanded: (path, open) =>
      setExpanded((before) => {
        const after = new Set(before);
        if (open) after.add(path);
        else after.delete(path);
        return after;
      }),
  };
};
