import type { BlockCall } from "@k8shell/rpc";

/** Largest data frame of a shell or a forwarded port, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;

/**
 * Writes bytes in frames that a daemon takes. False when the caller should wait for room.
 * @param sent as of `BlockCall.write`
 */
export const writeFrames = (call: Pick<BlockCall, "write">, bytes: Buffer, sent?: () => void): boolean => {
  if (bytes.length <= maxFrame) return call.write(bytes, sent);
  let room = true;
  for (let at = 0; at < bytes.length; at += maxFrame) {
    const isLast = at + maxFrame >= bytes.length;
    room = call.write(bytes.subarray(at, at + maxFrame), isLast ? sent : undefined);
  }
  return room;
};

/** Bytes as a Buffer over the same memory. */
export const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);
