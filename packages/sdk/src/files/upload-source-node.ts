import { once } from "node:events";
import { constants, createReadStream, type ReadStream } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import type { FileReader } from "tus-js-client";
import { pieceBytes, type SourceOf, type UploadSource } from "./upload-source.ts";

/** Reads a Blob piece by piece: the library only knows buffers and streams in Node. */
const blobReader = (blob: Blob): FileReader => ({
  openFile: async () => ({
    size: blob.size,
    async slice(start: number, end: number) {
      const value = Buffer.from(await blob.slice(start, Math.min(end, start + pieceBytes)).arrayBuffer());
      return { value: Object.assign(value, { size: value.length }), done: start + value.length >= blob.size };
    },
    close() {},
  }),
});

/**
 * Reads a file from wherever it is asked for. The library's own way leaves files open when an upload fails, and ends the
 * program when one cannot be read any more.
 */
const pathReader = (path: string, size: number): Required<Pick<UploadSource, "reader" | "close">> => {
  let reading: ReadStream | undefined;
  const close = () => void reading?.destroy();
  return {
    reader: {
      openFile: async () => ({
        size,
        async slice(start: number, end: number) {
          close();
          const stream = createReadStream(path, { start, end: end - 1 });
          reading = stream;
          await once(stream, "open");
          stream.on("error", () => {});
          const bytes = Math.min(end - start, size);
          return { value: Object.assign(stream, { size: bytes }), done: bytes >= size };
        },
        close,
      }),
    },
    close,
  };
};

/** @throws the error of the file system when there is no such file, or it cannot be read */
export const sourceOf: SourceOf = async (content) => {
  if (content instanceof Uint8Array) {
    const input = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    return { input, size: input.length, version: undefined };
  }
  if (content instanceof Blob) {
    const version =
      "lastModified" in content ? `${content.lastModified}:${(content as File).name}` : undefined;
    return { input: content, reader: blobReader(content), size: content.size, version, pieceBytes };
  }
  if ("path" in content) {
    const { size, mtimeMs } = await stat(content.path);
    await access(content.path, constants.R_OK);
    return {
      input: content.path,
      ...pathReader(content.path, size),
      size,
      version: `${mtimeMs}:${await realpath(content.path)}`,
    };
  }
  const input =
    content instanceof ReadableStream
      ? Readable.fromWeb(content as NodeWebStream<Uint8Array>)
      : Readable.from(content, { objectMode: false });
  return { input, size: undefined, version: undefined, pieceBytes };
};
