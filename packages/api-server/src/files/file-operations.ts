import type { FileInfoJson } from "@k8shell/contract";
import {
  type FileAttributes,
  isDirectory,
  removeTree,
  type SftpClient,
  SftpError,
  SftpStatus,
} from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { describeEntry } from "./file-info.ts";
import { baseName, parentOf, type WorkspacePath } from "./workspace-path.ts";

/** One operation on a path. */
export interface Operation {
  readonly client: SftpClient;
  readonly path: WorkspacePath;
  readonly signal: AbortSignal;
}

const isStatus = (error: unknown, code: number): boolean => error instanceof SftpError && error.code === code;

const orMissing = async (answer: Promise<FileAttributes>): Promise<FileAttributes | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, SftpStatus.NoSuchFile)) return undefined;
    throw error;
  }
};

const trimmed = (path: string): string => path.replace(/\/+$/, "") || "/";

const joined = (directory: string, name: string): string =>
  directory.endsWith("/") ? directory + name : `${directory}/${name}`;

/**
 * The absolute path of an entry itself: links are followed in everything but its last name.
 * @throws SftpError NoSuchFile when its directory does not exist
 */
export const entryPath = async (client: SftpClient, path: string, signal: AbortSignal): Promise<string> => {
  const name = baseName(path);
  if (name === "" || name === "." || name === "..") return client.realpath(path, { signal });
  return joined(await client.realpath(parentOf(path), { signal }), name);
};

/** The absolute path of what an entry leads to; of an entry that does not exist, its own. */
export const targetPath = async (client: SftpClient, path: string, signal: AbortSignal): Promise<string> => {
  try {
    return await client.realpath(path, { signal });
  } catch (error) {
    if (!isStatus(error, SftpStatus.NoSuchFile)) throw error;
    return entryPath(client, path, signal);
  }
};

/** As `targetPath`, also where directories are missing: what exists of the path is followed. */
export const futurePath = async (client: SftpClient, path: string, signal: AbortSignal): Promise<string> => {
  try {
    return await targetPath(client, path, signal);
  } catch (error) {
    const above = parentOf(path);
    if (!isStatus(error, SftpStatus.NoSuchFile) || above === trimmed(path)) throw error;
    return joined(await futurePath(client, above, signal), baseName(path));
  }
};

/** Tells what is at a path. @param follow what a link leads to, rather than the link */
export const stat = async ({ client, path, signal }: Operation, follow: boolean): Promise<FileInfoJson> => {
  const at = follow ? await targetPath(client, path, signal) : await entryPath(client, path, signal);
  const attributes = await (follow ? client.stat(path, { signal }) : client.lstat(trimmed(path), { signal }));
  return describeEntry(client, at, attributes, signal);
};

/**
 * Makes a directory. @param parents makes those above it too, and takes an existing directory for done
 * @returns false when it existed
 * @throws ApiError already_exists; SftpError
 */
export const makeDirectory = async (
  { client, path, signal }: Operation,
  parents: boolean,
): Promise<{ created: boolean; info: FileInfoJson }> => {
  const told = async (created: boolean) => ({ created, info: await stat({ client, path, signal }, true) });
  const make = async (at: string): Promise<boolean> => {
    try {
      await client.mkdir(at, { signal });
      return true;
    } catch (error) {
      const existing = await orMissing(client.stat(at, { signal }));
      if (existing && isDirectory(existing) && parents) return false;
      if (existing) throw new ApiError("already_exists", "There is already something at this path.");
      const above = parentOf(at);
      if (!parents || above === at || !isStatus(error, SftpStatus.NoSuchFile)) throw error;
      await make(above);
      return make(at);
    }
  };
  return told(await make(trimmed(path)));
};

/**
 * Refuses what nobody means to remove or move: the root and the home directory, under any name. A link that leads
 * there is only a link.
 * @throws ApiError invalid_path
 */
const refuseRoots = async ({ client, path, signal }: Operation, verb: string): Promise<void> => {
  const name = trimmed(path);
  const home = await client.realpath(".", { signal });
  if (name === "/" || /(^|\/)\.{1,2}$/.test(name) || (await entryPath(client, name, signal)) === home) {
    throw new ApiError("invalid_path", `The root and the home directory cannot be ${verb}.`);
  }
};

/**
 * Removes a file, a link itself, or a directory.
 * @param recursive with everything in it
 * @throws ApiError conflict for a directory that is not empty; SftpError
 */
export const remove = async (operation: Operation, recursive: boolean): Promise<void> => {
  const { client, path, signal } = operation;
  await refuseRoots(operation, "removed");
  const name = trimmed(path);
  if (recursive) return removeTree(client, name, { signal });
  if (!isDirectory(await client.lstat(name, { signal }))) return client.remove(name, { signal });
  try {
    await client.rmdir(name, { signal });
  } catch (error) {
    if (!isStatus(error, SftpStatus.Failure)) throw error;
    throw new ApiError(
      "conflict",
      "The directory is not empty: add recursive=true to remove what is in it.",
      {
        cause: error,
      },
    );
  }
};

/**
 * Moves an entry in one step.
 * @throws ApiError already_exists when something is at the new path that may not be replaced; SftpError
 */
export const move = async (
  operation: Operation,
  to: WorkspacePath,
  overwrite: boolean,
): Promise<FileInfoJson> => {
  const { client, path, signal } = operation;
  await refuseRoots(operation, "moved");
  const from = trimmed(path);
  const target = trimmed(to);
  const moved = await client.lstat(from, { signal });
  const existing = await orMissing(client.lstat(target, { signal }));
  const taken = () => new ApiError("already_exists", "There is already something at the new path.");
  if (existing && !overwrite) throw taken();
  if (existing && isDirectory(existing) && !isDirectory(moved)) {
    throw new ApiError("invalid_path", "The new path is a directory: name the file in it.");
  }
  const [source, destination] = await Promise.all([
    entryPath(client, from, signal),
    entryPath(client, target, signal),
  ]);
  if (destination.startsWith(`${source}/`)) {
    throw new ApiError("invalid_path", "A directory cannot be moved into itself.");
  }
  // Without `overwrite` the server sees to it that what somebody else makes meanwhile is not replaced.
  const rename = overwrite ? client.rename : client.renameNew;
  try {
    await rename(from, target, { signal });
  } catch (error) {
    if (!overwrite && (await orMissing(client.lstat(target, { signal })))) throw taken();
    throw error;
  }
  return stat({ client, path: to, signal }, false);
};
