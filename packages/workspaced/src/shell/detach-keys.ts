const controlA = 0x01;
const detachKeys = new Set([0x64, 0x44]); // d, D

/** What to do with one piece of input. */
export interface DetachResult {
  /** Bytes for the shell; may be empty while Ctrl+A is held back. */
  forward: Uint8Array;
  /** Ctrl+A d was typed: detach, and forget the rest of the input. */
  detach: boolean;
}

/**
 * Watches input for Ctrl+A followed by d or D (grpc-behaviour section 4). Ctrl+A alone is held back until the next
 * byte; any other byte after it lets both through.
 */
export const createDetachKeys = (): ((data: Uint8Array) => DetachResult) => {
  let held = false;
  return (data) => {
    if (!held && !data.includes(controlA)) return { forward: data, detach: false };
    const forward: number[] = [];
    for (const byte of data) {
      if (held) {
        held = false;
        if (detachKeys.has(byte)) return { forward: Uint8Array.from(forward), detach: true };
        forward.push(controlA);
      }
      if (byte === controlA) held = true;
      else forward.push(byte);
    }
    return { forward: Uint8Array.from(forward), detach: false };
  };
};
