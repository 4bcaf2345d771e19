/** What was typed while there was no connection. */
export interface TypedInput {
  /** False when too much waits already. */
  push(data: Uint8Array): boolean;
  /** Takes everything. */
  drain(): Uint8Array[];
  readonly bytes: number;
}

/** Bytes kept. */
const most = 64 * 1024;

export const createTypedInput = (): TypedInput => {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    push(data) {
      if (bytes + data.length > most) return false;
      chunks.push(data);
      bytes += data.length;
      return true;
    },
    drain() {
      const all = chunks;
      chunks = [];
      bytes = 0;
      return all;
    },
    get bytes() {
      return bytes;
    },
  };
};

/** Bytes of one input message: far below any server's limit. */
const messageBytes = 16 * 1024;

/** Cuts input into messages. */
export function* messagesOf(data: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < data.length; at += messageBytes) yield data.subarray(at, at + messageBytes);
}
