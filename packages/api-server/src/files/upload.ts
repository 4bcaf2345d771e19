import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { freeMemory } from "@k8shell/rpc";
import type { FileAttributes, SftpClient } from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { validatorsOf } from "./preconditions.ts";
import {
  completeTemporary,
  createTemporary,
  discardTemporary,
  explainWrite,
  findDestination,
  moveIntoPlace,
  temporaryPath,
} from "./replacement.ts";
import type { WorkspacePath } from "./workspace-path.ts";

/** One PUT of a file. */
export interface UploadRequest {
  readonly client: SftpClient;
  readonly path: WorkspacePath;
  /** May a new file be run? */
  readonly executable: boolean;
  readonly headers: IncomingHttpHeaders;
  /** The content; called when nothing stands against it any more. */
  readonly open: () => AsyncIterable<Uint8Array>;
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

/**
 * Stores a file (rest-contract 3.3). The content goes to a temporary file in the same directory, which takes the
 * place of the old one in one step when all of it has arrived: readers see the old or the new file, never a part.
 * A file that is replaced keeps its mode and, where permitted, its owner; through a link, the link's target is
 * replaced. On any failure the temporary file is removed and the old file stays.
 * @throws ApiError, SftpError
 */
export const upload = async (request: UploadRequest): Promise<UploadResult> => {
  const { client, path, executable, headers, open, signal, setupSignal } = request;
  if (headers["content-range"] !== undefined) {
    throw new ApiError(
      "bad_request",
      "A part of a file cannot be stored so: send the whole file, or use the resumable upload.",
    );
  }
  const destination = await findDestination(client, path, headers, setupSignal);
  // Of this name, the daemon removes what nobody completes.
  const temporary = temporaryPath(destination, randomBytes(8).toString("hex"));
  const file = await createTemporary(client, temporary, destination, executable, setupSignal);
  let stored: FileAttributes;
  try {
    try {
      await file.write(open(), { signal, sent: freeMemory });
      stored = await completeTemporary(file, destination, signal);
    } catch (error) {
      file.close().catch(() => {});
      throw await explainWrite(client, destination.directory, error);
    }
    await moveIntoPlace(client, temporary, destination.path, headers, signal);
  } catch (error) {
    await discardTemporary(client, temporary);
    throw error;
  }
  return { created: destination.before === undefined, etag: validatorsOf(stored).etag };
};
