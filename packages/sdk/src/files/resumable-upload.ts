import type { DetailedError, HttpResponse, Upload, UploadOptions } from "tus-js-client";
import { sourceOf } from "#upload-source";
import { errorOf, K8shellError } from "../error.ts";
import type { FileInfo } from "../gen/types.ts";
import type { RequestOptions, Transport } from "../transport.ts";
import { backOff } from "../wait.ts";
import type { Progress } from "./download.ts";
import type { UploadContent, UploadSource } from "./upload-source.ts";
import type { UploadStore } from "./upload-store.ts";

export interface ResumableUploadOptions extends Pick<RequestOptions, "signal"> {
  /** Replace only the file with this ETag; `*`: only an existing one. It holds until the last byte. */
  readonly ifMatch?: string;
  /** `*`: only when there is none yet. */
  readonly ifNoneMatch?: string;
  /** A new file may be run (default false); one that is there keeps its mode. */
  readonly executable?: boolean;
  /** Bytes of a stream, if they are known. */
  readonly size?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Where uploads that have begun are remembered. Absent: nowhere, so that another process begins again. */
  readonly store?: UploadStore;
  /** Attempts in a row to go on after a lost connection (default 12, about a minute). */
  readonly attempts?: number;
}

/** A file as it is after an upload. */
export interface UploadedFile {
  readonly etag: string;
  /** Bytes, and when it was changed last; undefined where policy does not let the caller look. */
  readonly info: FileInfo | undefined;
}

type Fresh = { readonly url: string; readonly isNew: boolean };

const passing = (status: number): boolean =>
  status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;

const isGone = (error: unknown): boolean =>
  error instanceof K8shellError && (error.status === 404 || error.status === 410);

const failureOf = (error: Error | DetailedError): Promise<K8shellError> | K8shellError => {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (!response) {
    return new K8shellError("The connection was lost during the upload.", {
      status: 0,
      code: "network_error",
      cause: error,
    });
  }
  const requestId = response.getHeader("x-request-id");
  return errorOf(
    new Response(response.getBody(), {
      status: response.getStatus(),
      headers: requestId === undefined ? {} : { "x-request-id": requestId },
    }),
  );
};

/** Sends content to an upload that exists, and resolves with the last answer. */
const send = async (
  transport: Transport,
  url: string,
  source: UploadSource,
  { signal, size, onProgress, attempts = 12 }: ResumableUploadOptions,
): Promise<HttpResponse> => {
  // Loaded by the first upload.
  const { Upload } = await import("tus-js-client");
  const total = source.size ?? size;
  return new Promise((resolve, reject) => {
    let upload: Upload | undefined;
    const abort = () => {
      upload?.abort().catch(() => {});
      reject(signal?.reason);
    };
    const settled = () => signal?.removeEventListener("abort", abort);
    const options: UploadOptions = {
      uploadUrl: url,
      storeFingerprintForResuming: false,
      ...(source.reader ? { fileReader: source.reader } : {}),
      ...(source.pieceBytes === undefined ? {} : { chunkSize: source.pieceBytes }),
      ...(total === undefined ? { uploadLengthDeferred: true } : { uploadSize: total }),
      retryDelays: Array.from({ length: attempts }, (_, index) => Math.round(backOff(index + 1))),
      onShouldRetry: (error) => !signal?.aborted && passing(error.originalResponse?.getStatus() ?? 0),
      async onBeforeRequest(request) {
        for (const [name, value] of Object.entries(await transport.headers())) request.setHeader(name, value);
      },
      onProgress: (done) => onProgress?.({ done, total }),
      onSuccess({ lastResponse }) {
        settled();
        resolve(lastResponse);
      },
      onError(error) {
        settled();
        Promise.resolve(failureOf(error)).then(reject, reject);
      },
    };
    upload = new Upload(source.input as Upload["file"], options);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    else upload.start();
  });
};

/**
 * Writes a file in parts, and goes on where it was when the connection is lost; with a store also in another process.
 * @param base address of the workspace's files
 * @throws K8shellError also `precondition_failed`, `payload_too_large`, `insufficient_storage`; the signal's reason when it
 *   aborts: what has arrived is kept for a while, and the same call goes on with it
 */
export const uploadResumable = async (
  transport: Transport,
  base: string,
  path: string,
  content: UploadContent,
  options: ResumableUploadOptions = {},
): Promise<UploadedFile> => {
  const { signal, ifMatch, ifNoneMatch, executable, store } = options;
  signal?.throwIfAborted();
  const source = await sourceOf(content);
  const total = source.size ?? options.size;
  const key = source.version === undefined ? undefined : [base, path, total, source.version].join("|");

  const create = async (): Promise<Fresh> => {
    const response = await transport.send({
      method: "POST",
      path: `${base}/uploads`,
      query: { path, executable },
      signal,
      headers: {
        "tus-resumable": "1.0.0",
        ...(total === undefined ? { "upload-defer-length": "1" } : { "upload-length": String(total) }),
        "if-match": ifMatch,
        "if-none-match": ifNoneMatch,
      },
    });
    await response.body?.cancel();
    // The location does not know of a path in front of the API.
    const id = response.headers.get("location")?.split("/").at(-1);
    if (!id) {
      throw new K8shellError("The answer has no location: is this the address of a k8shell server?", {
        status: response.status,
        code: "invalid_response",
      });
    }
    const url = transport.url(`${base}/uploads/${id}`).href;
    if (key !== undefined) await store?.set(key, url);
    return { url, isNew: true };
  };
  const find = async (): Promise<Fresh> => {
    const known = key === undefined ? undefined : await store?.get(key);
    return known === undefined ? create() : { url: known, isNew: false };
  };
  const forget = async () => {
    if (key !== undefined) await store?.delete(key);
  };

  const run = async ({ url, isNew }: Fresh): Promise<HttpResponse> => {
    try {
      return await send(transport, url, source, options);
    } catch (error) {
      // What another process began has been given up meanwhile.
      if (isNew || !isGone(error)) throw error;
      await forget();
      const { url: next } = await create();
      return send(transport, next, source, options);
    }
  };
  const last = await find()
    .then(run)
    .finally(() => source.close?.());
  await forget();
  const info = await transport
    .send({ method: "GET", path: `${base}/stat`, query: { path }, signal })
    .then((response): Promise<FileInfo> => response.json())
    .catch(() => undefined);
  return { etag: last.getHeader("etag") ?? info?.etag ?? "", info };
};
