import type { RequestOptions, Transport } from "./transport.ts";

/** What is downloaded, and its body as a stream. */
export interface Download {
  /** Read it, or cancel it. */
  readonly body: ReadableStream<Uint8Array>;
  /** Bytes of the body; undefined when the server does not know, as for an archive. */
  readonly size: number | undefined;
  readonly etag: string | undefined;
  readonly lastModified: Date | undefined;
  readonly contentType: string;
}

export interface DownloadOptions extends RequestOptions {
  /** First byte, and the one after the last (default: the end). */
  readonly range?: { readonly start: number; readonly end?: number };
}

export interface UploadOptions extends RequestOptions {
  /** Replace only the file with this ETag; `*`: only an existing one. */
  readonly ifMatch?: string;
  /** `*`: only when there is none yet. */
  readonly ifNoneMatch?: string;
}

/** Files of one workspace. Paths are absolute or relative to the home directory. */
export interface Files {
  /** A file, or a directory as a tar archive. */
  download(path: string, options?: DownloadOptions): Promise<Download>;
  /** Writes a file at once; it takes the place of an old one when it is complete. Resolves to whether it is new. */
  upload(path: string, content: BodyInit, options?: UploadOptions): Promise<{ readonly created: boolean }>;
}

const number = (text: string | null): number | undefined => (text === null ? undefined : Number(text));

/** Files of the workspace `name`. */
export const createFiles = (transport: Transport, name: string): Files => {
  const base = `/api/v1/workspaces/${encodeURIComponent(name)}/files`;
  return {
    async download(path, { range, ...options } = {}) {
      const response = await transport.send({
        ...options,
        method: "GET",
        path: base,
        query: { path },
        headers: {
          accept: "*/*",
          range: range && `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}`,
        },
      });
      const modified = response.headers.get("last-modified");
      return {
        body: response.body ?? new Blob([]).stream(),
        size: number(response.headers.get("content-length")),
        etag: response.headers.get("etag") ?? undefined,
        lastModified: modified === null ? undefined : new Date(modified),
        contentType: response.headers.get("content-type") ?? "application/octet-stream",
      };
    },
    async upload(path, content, { ifMatch, ifNoneMatch, timeoutMs = 0, ...options } = {}) {
      const response = await transport.send({
        ...options,
        timeoutMs,
        method: "PUT",
        path: base,
        query: { path },
        body: content,
        headers: {
          "content-type": "application/octet-stream",
          "if-match": ifMatch,
          "if-none-match": ifNoneMatch,
        },
      });
      await response.arrayBuffer();
      return { created: response.status === 201 };
    },
  };
};
