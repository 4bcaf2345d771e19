import type { BlockCall } from "@k8shell/rpc";

/** Largest data frame of a shell or a forwarded port, bytes (grpc-behaviour section 4). */
const maxFrame = 32 * 1024;

/** Writes bytes in frames that a daemon takes. False when the caller should wait for room. */
export const writeFrames = (call: Pick<BlockCall, "write">, bytes: Buffer): boolean => {
  if (bytes.length <= maxFrame) return call.write(bytes);
  let room = true;
  for (let at = 0; at < bytes.length; at += maxFrame) room = call.write(bytes.subarray(at, at + maxFrame));
  return room;
};
