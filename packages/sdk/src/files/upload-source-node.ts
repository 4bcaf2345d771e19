import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import type { FileReader } from "tus-js-client";
import { pieceBytes, type SourceOf } from "./upload-source.ts";

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

/** @throws the error of the file system when there is no such file */
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
    return {
      input: createReadStream(content.path),
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
