import { frame, headerBytes, maxFrameBytes, maxHeaderBlock, maxOtherFrameBytes } from "./http2.ts";

/** What a peer has sent. An error that one of these throws ends the reading. */
export interface FrameEvents {
  /** A data frame begins. @param last the stream ends with it */
  onDataFrame(id: number, length: number, last: boolean): void;
  /** A piece of its data, as it comes; several make one frame. */
  onData(piece: Buffer): void;
  onDataEnd(): void;
  /** A complete header block. */
  onHeaders(id: number, block: Buffer, last: boolean): void;
  /** Every other frame. `payload` is the receiver's only until it returns. */
  onFrame(type: number, flags: number, id: number, payload: Buffer): void;
}

export interface FrameReader {
  /** @throws Error when the bytes are not HTTP/2, or what an event throws */
  push(bytes: Buffer): void;
  /** Reads no further, also of what it reads now. */
  stop(): void;
}

const flag = { last: 1, headersEnd: 4, padded: 8, priority: 0x20 } as const;

/** Reads frames of HTTP/2 (RFC 9113 section 4). Data is handed on without waiting for the rest of its frame. */
export const createFrameReader = (events: FrameEvents): FrameReader => {
  const { onDataFrame, onData, onDataEnd, onHeaders, onFrame } = events;
  /** Bytes of a frame that is not complete yet. */
  let partial: Buffer | undefined;
  let dataLeft = 0;
  let dataPadding = 0;
  let stopped = false;
  let headers: { id: number; parts: Buffer[]; size: number; last: boolean } | undefined;

  const takeHeaders = (id: number, part: Buffer, flags: number, last: boolean) => {
    headers ??= { id, parts: [], size: 0, last };
    if (headers.id !== id) throw new Error("header blocks are mixed");
    headers.parts.push(Buffer.from(part));
    headers.size += part.length + headerBytes;
    if (headers.size > maxHeaderBlock) throw new Error("headers are too large");
    if (!(flags & flag.headersEnd)) return;
    const block = headers;
    headers = undefined;
    onHeaders(id, Buffer.concat(block.parts), block.last);
  };

  const takeFrame = (type: number, flags: number, id: number, payload: Buffer) => {
    if (headers && type !== frame.continuation) throw new Error("a header block is interrupted");
    if (type === frame.headers) {
      const padding = flags & flag.padded ? (payload[0] ?? 0) : 0;
      const start = (flags & flag.padded ? 1 : 0) + (flags & flag.priority ? 5 : 0);
      const block = payload.subarray(start, payload.length - padding);
      return takeHeaders(id, block, flags, (flags & flag.last) !== 0);
    }
    if (type === frame.continuation) {
      if (!headers) throw new Error("a continuation continues nothing");
      return takeHeaders(id, payload, flags, headers.last);
    }
    onFrame(type, flags, id, payload);
  };

  return {
    push(given) {
      let bytes = given;
      if (partial) {
        bytes = Buffer.concat([partial, given]);
        partial = undefined;
      }
      let position = 0;
      while (position < bytes.length && !stopped) {
        if (dataLeft > 0) {
          const taken = Math.min(dataLeft, bytes.length - position);
          const useful = Math.min(taken, dataLeft - dataPadding);
          if (useful > 0) onData(bytes.subarray(position, position + useful));
          position += taken;
          dataLeft -= taken;
          if (dataLeft === 0) onDataEnd();
          continue;
        }
        if (bytes.length - position < headerBytes) break;
        const length =
          ((bytes[position] ?? 0) << 16) | ((bytes[position + 1] ?? 0) << 8) | (bytes[position + 2] ?? 0);
        const type = bytes[position + 3] ?? 0;
        const flags = bytes[position + 4] ?? 0;
        const id = bytes.readUInt32BE(position + 5) & 0x7fff_ffff;
        if (length > (type === frame.data ? maxFrameBytes : maxOtherFrameBytes)) {
          throw new Error("a frame is too long");
        }
        if (type === frame.data) {
          if (headers) throw new Error("a header block is interrupted");
          const padded = (flags & flag.padded) !== 0;
          if (padded && bytes.length - position < headerBytes + 1) break;
          dataPadding = padded ? (bytes[position + headerBytes] ?? 0) : 0;
          position += headerBytes + (padded ? 1 : 0);
          dataLeft = length - (padded ? 1 : 0);
          if (dataPadding > dataLeft) throw new Error("a frame is padded beyond its end");
          onDataFrame(id, length, (flags & flag.last) !== 0);
          if (dataLeft === 0) onDataEnd();
          continue;
        }
        if (bytes.length - position < headerBytes + length) break;
        const start = position + headerBytes;
        position = start + length;
        takeFrame(type, flags, id, bytes.subarray(start, position));
      }
      // A copy: it is small, and the whole buffer would be kept for it.
      if (position < bytes.length) partial = Buffer.from(bytes.subarray(position));
    },
    stop() {
      stopped = true;
    },
  };
};
