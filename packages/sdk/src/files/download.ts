import { K8shellError } from "../error.ts";
import type { RequestOptions, Transport, TransportRequest } from "../transport.ts";
import { backOff, wait } from "../wait.ts";

/** What is downloaded, and its body as a stream. */
export interface Download {
  /** Read it, or cancel it. A file's goes on by itself when the connection is lost; an archive's cannot. */
  readonly body: ReadableStream<Uint8Array>;
  /** Bytes of the body; undefined when the server does not know, as for an archive. */
  readonly size: number | undefined;
  readonly etag: string | undefined;
  readonly lastModified: Date | undefined;
  readonly contentType: string;
}

/** How far a transfer is, bytes. */
export interface Progress {
  readonly done: number;
  /** Undefined when it is not known. */
  readonly total: number | undefined;
}

export interface DownloadOptions extends RequestOptions {
  /** First byte, and the one after the last (default: the end). */
  readonly range?: { readonly start: number; readonly end?: number };
  /** Only the file with this ETag (412 else): to go on with what another process began, say `range.start` as well. */
  readonly ifMatch?: string;
  /** Called as bytes of the body are read. */
  readonly onProgress?: (progress: Progress) => void;
  /** Attempts in a row to go on after a lost connection (default 8). */
  readonly attempts?: number;
}

const number = (text: string | null): number | undefined => (text === null ? undefined : Number(text));

const lost = (cause: unknown): K8shellError =>
  new K8shellError("The connection was lost during the download.", {
    status: 0,
    code: "network_error",
    cause,
  });

/**
 * Downloads a file, or a directory as an archive.
 * @throws K8shellError `not_found`, `forbidden`, `range_not_satisfiable`, `precondition_failed`, …
 */
export const download = async (
  transport: Transport,
  address: Pick<TransportRequest, "path" | "query">,
  { range, ifMatch, onProgress, attempts = 8, ...options }: DownloadOptions,
): Promise<Download> => {
  const { signal } = options;
  const first = range?.start ?? 0;
  const ask = (start: number, etag: string | undefined) =>
    transport.send({
      ...options,
      ...address,
      method: "GET",
      headers: {
        accept: "*/*",
        "if-match": etag,
        range:
          start > 0 || range?.end !== undefined
            ? `bytes=${start}-${range?.end === undefined ? "" : range.end - 1}`
            : undefined,
      },
    });

  const response = await ask(first, ifMatch);
  const { headers } = response;
  const size = number(headers.get("content-length"));
  const etag = headers.get("etag") ?? undefined;
  const modified = headers.get("last-modified");

  let reader = response.body?.getReader();
  let done = 0;
  let failures = 0;
  /** Asks for the rest; the ETag makes sure that it is the rest of the same file. */
  const again = async (cause: unknown) => {
    signal?.throwIfAborted();
    failures += 1;
    if (etag === undefined || size === undefined || failures > attempts) throw lost(cause);
    await wait(backOff(failures), signal);
    const rest = await ask(first + done, etag);
    if (rest.status !== 206 && first + done > 0) throw lost(cause);
    reader = rest.body?.getReader();
  };
  const next = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      try {
        const piece = await reader?.read();
        if (piece && !piece.done) return piece.value;
        if (size === undefined || done >= size) return undefined;
        throw new Error(`ended after ${done} of ${size} bytes`);
      } catch (cause) {
        await again(cause);
      }
    }
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const data = await next();
        if (!data) {
          controller.close();
          return;
        }
        failures = 0;
        done += data.length;
        controller.enqueue(data);
        onProgress?.({ done, total: size });
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    body,
    size,
    etag,
    lastModified: modified === null ? undefined : new Date(modified),
    contentType: headers.get("content-type") ?? "application/octet-stream",
  };
};
