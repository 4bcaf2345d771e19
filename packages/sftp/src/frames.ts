import { maxPacketLength, SftpProtocolError } from "./protocol.ts";

/** Cuts a byte stream into packets, however the stream was chunked. */
export interface FrameParser {
  /**
   * Takes the next bytes and yields the packets they complete, without their length fields. A packet inside one
   * chunk is a view of it (unless all are copied); one that spans chunks is copied once. Take all of them before the
   * next call.
   * @throws SftpProtocolError when a packet is empty or longer than the limit, after those before it
   */
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  /** Bytes of an unfinished packet are held. */
  readonly partial: boolean;
}

export interface FrameParserOptions {
  /** Longest packet accepted, bytes without the length field. */
  readonly limit?: number;
  /** Where packets are put together. */
  readonly take?: (length: number) => Buffer;
  /** Chunks are used again by whoever gives them: no packet may be a view of one. */
  readonly copy?: boolean;
}

export const createFrameParser = ({
  limit = maxPacketLength,
  take = Buffer.allocUnsafe,
  copy = false,
}: FrameParserOptions = {}): FrameParser => {
  const header = Buffer.alloc(4);
  let headerLength = 0;
  let body: Buffer | undefined;
  let bodyLength = 0;

  const checked = (length: number): number => {
    if (length === 0 || length > limit) {
      throw new SftpProtocolError(`packet length ${length} is outside 1..${limit}`);
    }
    return length;
  };

  return {
    *push(chunk) {
      let position = 0;
      while (position < chunk.length) {
        if (!body) {
          const wanted = Math.min(4 - headerLength, chunk.length - position);
          header.set(chunk.subarray(position, position + wanted), headerLength);
          headerLength += wanted;
          position += wanted;
          if (headerLength < 4) break;
          headerLength = 0;
          const length = checked(header.readUInt32BE(0));
          if (!copy && length <= chunk.length - position) {
            position += length;
            yield chunk.subarray(position - length, position);
            continue;
          }
          body = take(length);
          bodyLength = 0;
        }
        const wanted = Math.min(body.length - bodyLength, chunk.length - position);
        body.set(chunk.subarray(position, position + wanted), bodyLength);
        bodyLength += wanted;
        position += wanted;
        if (bodyLength === body.length) {
          const packet = body;
          body = undefined;
          yield packet;
        }
      }
    },
    get partial() {
      return headerLength > 0 || body !== undefined;
    },
  };
};
