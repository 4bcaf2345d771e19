import { queryOptions } from "@tanstack/react-query";
import { live } from "../app/live.ts";
import { k8shell, serverAddress } from "../app/server.ts";

/** The home directory, before its path is known. */
export const home = ".";

export const directoryQuery = (workspace: string, path: string, hidden: boolean) =>
  queryOptions({
    queryKey: ["files", workspace, path, hidden],
    queryFn: ({ signal }) => k8shell.api.listFiles({ name: workspace, path, hidden }, { signal }),
    ...live("files"),
  });

/** Where a browser downloads a file from, or a directory as an archive. */
export const downloadAddress = (workspace: string, path: string, format?: "tar" | "zip"): string => {
  const query = new URLSearchParams({ path, ...(format ? { format } : {}) });
  return `${serverAddress}/api/v1/workspaces/${encodeURIComponent(workspace)}/files?${query}`;
};
