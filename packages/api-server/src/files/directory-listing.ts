import type { FileInfoJson, FileListJson } from "@k8shell/contract";
import { isDirectory, isSymlink, type SftpClient } from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { describeEntry, fileInfo } from "./file-info.ts";
import type { WorkspacePath } from "./workspace-path.ts";

/** Entries of one listing: more are not shown. */
export const maxEntries = 20_000;
/** Links whose targets are looked at together. */
const linkBatch = 32;

const below = (directory: string, name: string): string =>
  directory === "/" ? `/${name}` : `${directory}/${name}`;

const byKindAndName = (a: FileInfoJson, b: FileInfoJson): number => {
  if (a.isDir !== b.isDir) return a.isDir ? -1 : 1;
  return a.name < b.name ? -1 : 1;
};

export interface ListingOptions {
  /** Show names that begin with a dot. */
  readonly hidden: boolean;
  readonly signal: AbortSignal;
}

/**
 * The entries of a directory, directories first. A link to a directory can be entered, so it counts as one.
 * @throws ApiError invalid_path when the path is no directory; SftpError
 */
export const listDirectory = async (
  client: SftpClient,
  path: WorkspacePath,
  { hidden, signal }: ListingOptions,
): Promise<FileListJson> => {
  const directory = await client.realpath(path, { signal });
  if (!isDirectory(await client.stat(directory, { signal }))) {
    throw new ApiError("invalid_path", "The path is not a directory.");
  }
  const entries: FileInfoJson[] = [];
  const links: number[] = [];
  let complete = true;
  for await (const { name, attributes: sent } of client.readdir(directory, { signal })) {
    if (!hidden && name.startsWith(".")) continue;
    if (entries.length >= maxEntries) {
      complete = false;
      break;
    }
    const at = below(directory, name);
    const attributes = sent.mode === undefined ? await client.lstat(at, { signal }) : sent;
    if (isSymlink(attributes)) links.push(entries.length);
    entries.push(fileInfo(at, attributes));
  }
  for (let start = 0; start < links.length; start += linkBatch) {
    await Promise.all(
      links.slice(start, start + linkBatch).map(async (index) => {
        const link = entries[index];
        if (!link) return;
        // It may be gone meanwhile: then what the directory said stands.
        const attributes = await client.lstat(link.path, { signal }).catch(() => undefined);
        if (attributes) entries[index] = await describeEntry(client, link.path, attributes, signal);
      }),
    );
  }
  return { path: directory, entries: entries.sort(byKindAndName), complete };
};
