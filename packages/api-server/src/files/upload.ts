import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  OpenFlag,
  type SftpClient,
  SftpError,
  SftpStatus,
} from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { checkConditions, validatorsOf } from "./preconditions.ts";
import { namesDirectory, parentOf, type WorkspacePath } from "./workspace-path.ts";

/** One PUT of a file. */
export interface UploadRequest {
  readonly client: SftpClient;
  readonly path: WorkspacePath;
  readonly headers: IncomingHttpHeaders;
  readonly content: AsyncIterable<Uint8Array>;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** As `signal`, and when the workspace takes too long before the first byte. */
  readonly setupSignal: AbortSignal;
}

export interface UploadResult {
  /** Was there no file before? */
  readonly created: boolean;
  readonly etag: string;
}

/** Milliseconds that removing the temporary file may take. */
const cleanUpMs = 5_000;
/** Less room than this is a full disk, where the server does not say why a write failed. Bytes. */
const fullBelow = 1 << 20;

const failedCondition = () =>
  new ApiError("precondition_failed", "The file is not in the state the request asks for.");

const orMissing = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SftpError && error.code === SftpStatus.NoSuchFile) return undefined;
    throw error;
  }
};

const isStatus = (error: unknown, code: number): error is SftpError =>
  error instanceof SftpError && error.code === code;

/** A failed write on a server that gives no reasons: the disk, when it is full now. */
const explainWrite = async (client: SftpClient, directory: string, error: unknown): Promise<unknown> => {
  if (!isStatus(error, SftpStatus.Failure) || error.errno !== undefined) return error;
  const room = await client
    .statvfs(directory, { signal: AbortSignal.timeout(cleanUpMs) })
    .catch(() => undefined);
  if (room === undefined || room.available >= fullBelow) return error;
  return new ApiError("insufficient_storage", "The disk of the workspace is full.", { cause: error });
};

/** Moves the finished file to its place. `mustBeNew`: nothing may be there. */
const moveIntoPlace = async (
  client: SftpClient,
  from: string,
  to: string,
  mustBeNew: boolean,
  signal: AbortSignal,
): Promise<void> => {
  if (mustBeNew) {
    // A link cannot replace, so a file made meanwhile by somebody else survives.
    try {
      await client.renameNew(from, to, { signal });
    } catch (error) {
      if (isStatus(error, SftpStatus.Failure)) throw failedCondition();
      throw error;
    }
    return;
  }
  await client.rename(from, to, { signal });
};

/**
 * Stores a file (rest-contract 3.3). The content goes to a temporary file in the same directory, which takes the
 * place of the old one in one step when all of it has arrived: readers see the old or the new file, never a part.
 * A file that is replaced keeps its mode and, where permitted, its owner; through a link, the link's target is
 * replaced. On any failure the temporary file is removed and the old file stays.
 * @throws ApiError, SftpError
 */
export const upload = async (request: UploadRequest): Promise<UploadResult> => {
  const { client, path, headers, content, signal, setupSignal } = request;
  if (headers["content-range"] !== undefined) {
    throw new ApiError("bad_request", "A part of a file cannot be stored: send the whole file.");
  }
  if (namesDirectory(path)) {
    throw new ApiError("invalid_path", "The path is a directory: name the file to store.");
  }
  const before = await orMissing(client.stat(path, { signal: setupSignal }));
  if (before && isDirectory(before)) {
    throw new ApiError("invalid_path", "The path is a directory: name the file to store.");
  }
  if (before && !isRegularFile(before)) {
    throw new ApiError("invalid_path", "The path is not a regular file.");
  }
  if (checkConditions(headers, before && validatorsOf(before), false) !== "proceed") throw failedCondition();

  const target = before ? await client.realpath(path, { signal: setupSignal }) : path;
  if (before) {
    // Replacing needs only the directory; whoever made the file read-only wants it to stay.
    await (await client.open(target, OpenFlag.Write, { signal: setupSignal })).close({ signal: setupSignal });
  }

  const directory = parentOf(target);
  const temporary = `${directory === "/" ? "" : directory}/.k8shell-upload-${randomBytes(8).toString("hex")}`;
  const file = await client.open(temporary, OpenFlag.Write | OpenFlag.Create | OpenFlag.Exclusive, {
    signal: setupSignal,
    mode: before ? 0o600 : undefined,
  });
  let stored: FileAttributes;
  try {
    try {
      await file.write(content, { signal });
      if (before) await adopt(before, file, signal);
      stored = await file.stat({ signal });
      await file.close({ signal });
    } catch (error) {
      file.close().catch(() => {});
      throw await explainWrite(client, directory, error);
    }
    await moveIntoPlace(client, temporary, target, headers["if-none-match"]?.trim() === "*", signal);
  } catch (error) {
    await client.remove(temporary, { signal: AbortSignal.timeout(cleanUpMs) }).catch(() => {});
    throw error;
  }
  return { created: before === undefined, etag: validatorsOf(stored).etag };
};

/** Gives the new file the mode of the old one, and its owner where that is permitted. */
const adopt = async (
  before: FileAttributes,
  file: Awaited<ReturnType<SftpClient["open"]>>,
  signal: AbortSignal,
): Promise<void> => {
  const made = await file.stat({ signal });
  if (before.uid !== made.uid || before.gid !== made.gid) {
    await file.setstat({ uid: before.uid, gid: before.gid }, { signal }).catch(() => {});
  }
  // After the owner: changing that clears the set-user-id bits.
  if (before.mode !== undefined) await file.setstat({ mode: before.mode & 0o7777 }, { signal });
};
