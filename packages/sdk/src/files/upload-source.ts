import type { FileReader } from "tus-js-client";

/** What can be uploaded: in Node also a file by its path, and streams. */
export type UploadContent =
  | Blob
  | Uint8Array
  | { readonly path: string }
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Content as tus-js-client takes it. */
export interface UploadSource {
  readonly input: unknown;
  /** How to read it; absent: by the library. */
  readonly reader?: FileReader;
  /** Bytes; undefined for a stream. */
  readonly size: number | undefined;
  /** Tells this content from others of the same size, e.g. when it was changed last; absent: it cannot be told. */
  readonly version: string | undefined;
  /** It comes in pieces of this many bytes, each kept until it has arrived. Absent: it can be read anywhere. */
  readonly pieceBytes?: number;
  /** Gives back what it holds, when the upload is over. */
  readonly close?: () => void;
}

export type SourceOf = (content: UploadContent) => Promise<UploadSource>;

/** Bytes of a stream that are kept until they have arrived. */
export const pieceBytes = 8 << 20;
