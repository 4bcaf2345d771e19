import { K8shellError } from "../error.ts";
import { pieceBytes, type SourceOf } from "./upload-source.ts";

/** @throws K8shellError `unsupported` for a path */
export const sourceOf: SourceOf = async (content) => {
  if (content instanceof Uint8Array) {
    const blob = new Blob([content as Uint8Array<ArrayBuffer>]);
    return { input: blob, size: blob.size, version: undefined };
  }
  if (content instanceof Blob) {
    const version =
      "lastModified" in content ? `${content.lastModified}:${(content as File).name}` : undefined;
    return { input: content, size: content.size, version };
  }
  if (content instanceof ReadableStream) {
    return { input: content.getReader(), size: undefined, version: undefined, pieceBytes };
  }
  if (Symbol.asyncIterator in content) {
    const iterator = content[Symbol.asyncIterator]();
    return { input: { read: () => iterator.next() }, size: undefined, version: undefined, pieceBytes };
  }
  throw new K8shellError("A browser has no files by path.", { status: 0, code: "unsupported" });
};
