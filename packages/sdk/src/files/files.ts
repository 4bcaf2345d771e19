import type { RequestOptions, Transport } from "../transport.ts";
import { type Download, type DownloadOptions, download } from "./download.ts";
import { type ResumableUploadOptions, type UploadedFile, uploadResumable } from "./resumable-upload.ts";
import type { UploadContent } from "./upload-source.ts";

export interface UploadOptions extends RequestOptions {
  /** Replace only the file with this ETag; `*`: only an existing one. */
  readonly ifMatch?: string;
  /** `*`: only when there is none yet. */
  readonly ifNoneMatch?: string;
  /** A new file may be run (default false); one that is there keeps its mode. */
  readonly executable?: boolean;
}

/** Files of one workspace. Paths are absolute or relative to the home directory. */
export interface Files {
  /** A file, or a directory as a tar archive. */
  download(path: string, options?: DownloadOptions & { readonly archive?: "tar" | "zip" }): Promise<Download>;
  /** Writes a file at once; it takes the place of an old one when it is complete. Resolves to whether it is new. */
  upload(path: string, content: BodyInit, options?: UploadOptions): Promise<{ readonly created: boolean }>;
  /**
   * Writes a large file, and goes on where it was when the connection is lost; with a `store` also after the process or the
   * page has ended.
   * @param content in Node also `{ path }`, a file
   */
  uploadResumable(
    path: string,
    content: UploadContent,
    options?: ResumableUploadOptions,
  ): Promise<UploadedFile>;
}

/** Files of the workspace `name`. */
export const createFiles = (transport: Transport, name: string): Files => {
  const base = `/api/v1/workspaces/${encodeURIComponent(name)}/files`;
  return {
    download: (path, { archive, ...options } = {}) =>
      download(transport, { path: base, query: { path, format: archive } }, options),
    async upload(path, content, { ifMatch, ifNoneMatch, executable, timeoutMs = 0, ...options } = {}) {
      const response = await transport.send({
        ...options,
        timeoutMs,
        method: "PUT",
        path: base,
        query: { path, executable },
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
    uploadResumable: (path, content, options) => uploadResumable(transport, base, path, content, options),
  };
};
