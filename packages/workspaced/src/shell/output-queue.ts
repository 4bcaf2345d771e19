/** Bytes on their way to one client. */
export interface OutputQueue {
  push(chunk: Uint8Array): void;
  /**
   * The next bytes, as one piece of at most `max`: small writes that queued up behind a slow client leave together,
   * while a write that finds the client waiting leaves at once. Undefined at the end.
   */
  take(max: number): Promise<Uint8Array | undefined>;
  /** No more bytes: `take` gives what is queued, then undefined. */
  end(): void;
  /** Drops what is queued and ends. */
  abandon(): void;
}

/** How a queue holds its producer back. */
export interface OutputQueueOptions {
  /** Called when `highWater` bytes are queued. */
  onFull: () => void;
  /** Called when a full queue has fallen below `lowWater` bytes, or was abandoned. */
  onRoom: () => void;
  highWater?: number;
  lowWater?: number;
}

/** Makes a queue with one reader. */
export const createOutputQueue = (options: OutputQueueOptions): OutputQueue => {
  const { onFull, onRoom, highWater = 128 * 1024, lowWater = 64 * 1024 } = options;
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let full = false;
  let ended = false;
  let wake: (() => void) | undefined;

  const notify = () => {
    const resume = wake;
    wake = undefined;
    resume?.();
  };
  const release = () => {
    if (full && bytes < lowWater) {
      full = false;
      onRoom();
    }
  };
  const takeNow = (max: number): Uint8Array | undefined => {
    const first = chunks[0];
    if (first === undefined) return undefined;
    if (first.length >= max) {
      if (first.length === max) chunks.shift();
      else chunks[0] = first.subarray(max);
      bytes -= max;
      return first.subarray(0, max);
    }
    let count = 0;
    let size = 0;
    for (const chunk of chunks) {
      if (size + chunk.length > max) break;
      size += chunk.length;
      count += 1;
    }
    const taken = chunks.splice(0, count);
    bytes -= size;
    return count === 1 ? first : Buffer.concat(taken, size);
  };

  return {
    push(chunk) {
      if (ended || chunk.length === 0) return;
      chunks.push(chunk);
      bytes += chunk.length;
      if (!full && bytes >= highWater) {
        full = true;
        onFull();
      }
      notify();
    },
    async take(max) {
      for (;;) {
        const data = takeNow(max);
        if (data !== undefined) {
          release();
          return data;
        }
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end() {
      ended = true;
      notify();
    },
    abandon() {
      ended = true;
      chunks = [];
      bytes = 0;
      release();
      notify();
    },
  };
};
