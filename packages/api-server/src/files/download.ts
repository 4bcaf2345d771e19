import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  OpenFlag,
  type SftpClient,
  type SftpFile,
} from "@k8shell/sftp";
import { ApiError } from "../http/api-error.ts";
import { archive } from "./archive.ts";
import type { ArchiveFormat } from "./archive-format.ts";
import { sendBody } from "./body-stream.ts";
import { parseRange } from "./byte-range.ts";
import { attachment } from "./content-disposition.ts";
import { checkConditions, rangeApplies, validatorsOf } from "./preconditions.ts";
import { baseName, type WorkspacePath } from "./workspace-path.ts";

/** One GET or HEAD of a file. */
export interface DownloadRequest {
  readonly client: SftpClient;
  readonly path: WorkspacePath;
  /** Send an archive of this kind, whatever the path is. */
  readonly archive: (() => ArchiveFormat) | undefined;
  /** Send an archive of this kind when the path is a directory. */
  readonly directoryArchive: (() => ArchiveFormat) | undefined;
  readonly headOnly: boolean;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  /** As `signal`, and when the workspace takes too long before the first byte. */
  readonly setupSignal: AbortSignal;
}

/** Content of a workspace is the user's, not ours: it must never run as a page of this origin. */
const safety = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "cache-control": "private, no-cache",
};

const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString();

const withFirst = async function* (
  first: Uint8Array | undefined,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (!first) return;
    yield first;
    for (;;) {
      const next = await rest.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
};

/** Counts what passes, and fails when it ends early: a declared length must not be met with less in silence. */
const exactly = async function* (
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of chunks) {
    count += chunk.length;
    yield chunk;
  }
  if (count < length) throw new ApiError("conflict", "The file became shorter while it was sent.");
};

const sendArchive = async (
  request: DownloadRequest,
  name: string,
  directory: FileAttributes,
  format: ArchiveFormat,
): Promise<void> => {
  const { client, path, response, requestId, signal, headOnly } = request;
  response.writeHead(200, {
    ...safety,
    "content-type": format.mediaType,
    "content-disposition": attachment(`${name}.${format.extension}`),
    "x-request-id": requestId,
  });
  if (headOnly) {
    response.end();
    return;
  }
  // Several pieces may be of one read, whose memory is given back behind the last of them.
  const lasts = new WeakSet<Uint8Array>();
  const last = (piece: Uint8Array) => void lasts.add(piece);
  const pieces = archive({ client, path, attributes: directory, name, format, signal, last });
  await sendBody(response, pieces, (piece) => {
    if (lasts.has(piece)) client.release(piece);
  });
};

const sendFile = async (
  request: DownloadRequest,
  file: SftpFile,
  attributes: FileAttributes,
): Promise<void> => {
  const { client, path, headOnly, headers, response, requestId, signal } = request;
  const { size = 0 } = attributes;
  const validators = validatorsOf(attributes);
  const common = {
    ...safety,
    etag: validators.etag,
    "last-modified": httpDate(validators.modified),
    "x-request-id": requestId,
  };
  const condition = checkConditions(headers, validators, true);
  if (condition === "failed") {
    throw new ApiError("precondition_failed", "The file is not in the state the request asks for.");
  }
  if (condition === "not-modified") {
    response.writeHead(304, common).end();
    return;
  }

  const range =
    headOnly || !rangeApplies(headers["if-range"], validators) ? "whole" : parseRange(headers.range, size);
  if (range === "unsatisfiable") {
    throw new ApiError("range_not_satisfiable", `The range is outside the file of ${size} bytes.`, {
      headers: { "content-range": `bytes */${size}` },
    });
  }
  const described = {
    ...common,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-disposition": attachment(baseName(path)),
  };

  if (size === 0 && !headOnly) {
    // Files of /proc and /sys have content but no size.
    const chunks = file.read({ signal })[Symbol.asyncIterator]();
    const first = await chunks.next();
    response.writeHead(200, first.done ? { ...described, "content-length": "0" } : described);
    await sendBody(response, withFirst(first.done ? undefined : first.value, chunks));
    return;
  }

  const { first, last } = range === "whole" ? { first: 0, last: size - 1 } : range;
  const length = last - first + 1;
  response.writeHead(range === "whole" ? 200 : 206, {
    ...described,
    "content-length": String(length),
    ...(range === "whole" ? {} : { "content-range": `bytes ${first}-${last}/${size}` }),
  });
  if (headOnly) {
    response.end();
    return;
  }
  await sendBody(response, exactly(file.read({ start: first, end: last, signal }), length), client.release);
};

/**
 * Answers GET and HEAD of a file or directory (rest-contract 3.3): ranges, conditions and HEAD as RFC 9110 has them,
 * directories as an archive when the client asks for one. Memory does not depend on the size.
 * @throws ApiError, SftpError before the response has begun; later failures cut the connection
 */
export const download = async (request: DownloadRequest): Promise<void> => {
  const { client, path, setupSignal } = request;
  const attributes = await client.stat(path, { signal: setupSignal });
  if (isDirectory(attributes) || request.archive) {
    const format = request.archive ?? request.directoryArchive;
    if (!format) {
      throw new ApiError(
        "invalid_path",
        "The path is a directory: add format=tar or format=zip to the query to download it as an archive.",
      );
    }
    const named = baseName(path);
    const name = /^(\.{0,2})$/.test(named)
      ? baseName(await client.realpath(path, { signal: setupSignal }))
      : named;
    return sendArchive(request, name || "root", attributes, format());
  }
  if (!isRegularFile(attributes)) {
    throw new ApiError("invalid_path", "The path is neither a file nor a directory.");
  }
  const file = await client.open(path, OpenFlag.Read, { signal: setupSignal });
  try {
    // What is open now is what is sent, whatever happens to the name.
    await sendFile(request, file, await file.stat({ signal: setupSignal }));
  } finally {
    file.close().catch(() => {});
  }
};
