import type { IncomingHttpHeaders } from "node:http";
import {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  OpenFlag,
  type SftpClient,
  SftpError,
  type SftpFile,
  SftpStatus,
  temporaryName,
} from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { checkConditions, validatorsOf } from "./preconditions.ts";
import { namesDirectory, parentOf, type WorkspacePath } from "./workspace-path.ts";

/** The headers that say in which state a file must be for it to be replaced. */
export type Conditions = Pick<IncomingHttpHeaders, "if-match" | "if-none-match" | "if-unmodified-since">;

/** A file about to be stored: where it goes, and what is there now. */
export interface Destination {
  /** Through a link, the link's target. */
  readonly path: string;
  /** Where a part of the file may lie until it is complete: from there it takes its place in one step. */
  readonly directory: string;
  readonly before: FileAttributes | undefined;
}

/** Milliseconds that removing a temporary file may take. */
const cleanUpMs = 5_000;
/** Less room than this is a full disk, where the server does not say why a write failed. Bytes. */
const fullBelow = 1 << 20;

const failedCondition = () =>
  new ApiError("precondition_failed", "The file is not in the state the request asks for.");

const isStatus = (error: unknown, code: number): error is SftpError =>
  error instanceof SftpError && error.code === code;

const orMissing = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, SftpStatus.NoSuchFile)) return undefined;
    throw error;
  }
};

/**
 * Looks at where a file is to be stored, and whether it may.
 * @throws ApiError invalid_path, precondition_failed; SftpError
 */
export const findDestination = async (
  client: SftpClient,
  path: WorkspacePath,
  conditions: Conditions,
  signal: AbortSignal,
): Promise<Destination> => {
  if (namesDirectory(path)) {
    throw new ApiError("invalid_path", "The path is a directory: name the file to store.");
  }
  const before = await orMissing(client.stat(path, { signal }));
  if (before && isDirectory(before)) {
    throw new ApiError("invalid_path", "The path is a directory: name the file to store.");
  }
  if (before && !isRegularFile(before)) {
    throw new ApiError("invalid_path", "The path is not a regular file.");
  }
  if (checkConditions(conditions, before && validatorsOf(before), false) !== "proceed")
    throw failedCondition();
  if (!before) return { path, directory: parentOf(path), before };
  const target = await client.realpath(path, { signal });
  // Replacing needs only the directory; whoever made the file read-only wants it to stay.
  await (await client.open(target, OpenFlag.Write, { signal })).close({ signal });
  return { path: target, directory: parentOf(target), before };
};

/** A name beside the destination. */
export const temporaryPath = ({ directory }: Pick<Destination, "directory">, id: string): string =>
  `${directory === "/" ? "" : directory}/${temporaryName(id)}`;

/**
 * Makes the temporary file. What replaces a file is nobody else's to read before it has that file's mode.
 * @param executable a new file may be run by whoever may read it; the workspace's umask applies
 */
export const createTemporary = (
  client: SftpClient,
  path: string,
  { before }: Pick<Destination, "before">,
  executable: boolean,
  signal: AbortSignal,
): Promise<SftpFile> =>
  client.open(path, OpenFlag.Write | OpenFlag.Create | OpenFlag.Exclusive, {
    signal,
    mode: before ? 0o600 : executable ? 0o777 : undefined,
  });

/** A failed write on a server that gives no reasons: the disk, when it is full now. */
export const explainWrite = async (
  client: SftpClient,
  directory: string,
  error: unknown,
): Promise<unknown> => {
  if (!isStatus(error, SftpStatus.Failure) || error.errno !== undefined) return error;
  const room = await client
    .statvfs(directory, { signal: AbortSignal.timeout(cleanUpMs) })
    .catch(() => undefined);
  if (room === undefined || room.available >= fullBelow) return error;
  return new ApiError("insufficient_storage", "The disk of the workspace is full.", { cause: error });
};

/** Gives the new file the mode of the old one, and its owner where that is permitted. */
const adopt = async (before: FileAttributes, file: SftpFile, signal: AbortSignal): Promise<void> => {
  const made = await file.stat({ signal });
  if (before.uid !== made.uid || before.gid !== made.gid) {
    await file.setstat({ uid: before.uid, gid: before.gid }, { signal }).catch(() => {});
  }
  // After the owner: changing that clears the set-user-id bits.
  if (before.mode !== undefined) await file.setstat({ mode: before.mode & 0o7777 }, { signal });
};

/** Completes a temporary file that has all of its content, and closes it. Resolves to its attributes. */
export const completeTemporary = async (
  file: SftpFile,
  { before }: Pick<Destination, "before">,
  signal: AbortSignal,
): Promise<FileAttributes> => {
  if (before) await adopt(before, file, signal);
  const stored = await file.stat({ signal });
  await file.close({ signal });
  return stored;
};

/**
 * Moves the complete file to its place.
 * @throws ApiError precondition_failed when `If-None-Match: *` asks for a new file and there is one now
 */
export const moveIntoPlace = async (
  client: SftpClient,
  temporary: string,
  path: string,
  conditions: Conditions,
  signal: AbortSignal,
): Promise<void> => {
  if (conditions["if-none-match"]?.trim() !== "*") return client.rename(temporary, path, { signal });
  // A link cannot replace, so a file made meanwhile by somebody else survives.
  try {
    await client.renameNew(temporary, path, { signal });
  } catch (error) {
    if (isStatus(error, SftpStatus.Failure)) throw failedCondition();
    throw error;
  }
};

/** Removes a temporary file, if it is there. Never throws. */
export const discardTemporary = (client: SftpClient, temporary: string): Promise<void> =>
  client.remove(temporary, { signal: AbortSignal.timeout(cleanUpMs) }).catch(() => {});
