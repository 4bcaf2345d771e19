/** Bytes on their way to one client. */
export interface OutputQueue {
  /** Takes a copy. */
  push(chunk: Uint8Array): void;
  /**
   * The next bytes, as one piece of at most `max`. What comes after a silence leaves at once; what follows within
   * milliseconds, or queues up behind a slow client, leaves together. Undefined at the end. The piece is lent until
   * the next `take`.
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

/** How long output that follows other output may be gathered, milliseconds. */
const gatherMs = 1;
/** A piece of this size, bytes, is part of a flood, of which nobody reads the next one so soon. */
const floodBytes = 2 * 1024;
const floodGatherMs = 4;

/** Memory that a queue keeps when it has been empty for a while, bytes; also the least it takes. */
const keptBytes = 4 * 1024;
const emptyMs = 1000;
const nothing = Buffer.alloc(0);

/** Makes a queue with one reader. */
export const createOutputQueue = (options: OutputQueueOptions): OutputQueue => {
  const { onFull, onRoom, highWater = 128 * 1024, lowWater = 64 * 1024 } = options;
  /** What is queued is between `from` and `to`. */
  let memory: Buffer = nothing;
  let from = 0;
  let to = 0;
  /**
   * What `memory` was before, to change back to. Fresh memory for each turn of a flood would make the garbage collector
   * look through the whole heap several times a second.
   */
  let spare: Buffer = nothing;
  /** The one of the two that the reader has a piece of. */
  let lent: Buffer | undefined;
  let shrinking: NodeJS.Timeout | undefined;
  let full = false;
  let ended = false;
  let leftAt = Number.NEGATIVE_INFINITY;
  let gather = gatherMs;
  let timer: NodeJS.Timeout | undefined;
  let waiting: { readonly max: number; readonly wake: () => void } | undefined;

  const notify = () => {
    const wake = waiting?.wake;
    waiting = undefined;
    wake?.();
  };
  const release = () => {
    if (full && to - from < lowWater) {
      full = false;
      onRoom();
    }
  };
  /** Is there something to send now? Else a timer says when. */
  const isDue = (max: number): boolean => {
    if (ended || to - from >= max) return true;
    if (from === to) return false;
    if (performance.now() - leftAt >= gather) return true;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (to > from) notify();
    }, gather);
    return false;
  };
  const shrink = () => {
    shrinking = undefined;
    if (from < to || lent) return;
    memory = nothing;
    spare = nothing;
    from = 0;
    to = 0;
  };
  /** Gives memory back some time after a flood. */
  const shrinkLater = () => {
    if (memory.length <= keptBytes) return;
    if (shrinking) shrinking.refresh();
    else shrinking = setTimeout(shrink, emptyMs).unref();
  };
  /** Room for `length` bytes behind what is queued. What is lent stays as it is. */
  const reserve = (length: number) => {
    if (from === to && lent !== memory) {
      from = 0;
      to = 0;
    }
    if (to + length <= memory.length) return;
    const queued = to - from;
    const wanted = queued + length;
    if (lent !== memory && wanted <= memory.length) memory.copyWithin(0, from, to);
    else {
      const next =
        lent !== spare && wanted <= spare.length
          ? spare
          : Buffer.allocUnsafeSlow(Math.max(keptBytes, memory.length, 2 * wanted));
      memory.copy(next, 0, from, to);
      spare = memory;
      memory = next;
    }
    from = 0;
    to = queued;
  };
  const takeNow = (max: number): Uint8Array | undefined => {
    if (from === to) return undefined;
    leftAt = performance.now();
    gather = to - from >= floodBytes ? floodGatherMs : gatherMs;
    const piece = memory.subarray(from, Math.min(to, from + max));
    from += piece.length;
    lent = memory;
    return piece;
  };

  return {
    push(chunk) {
      if (ended || chunk.length === 0) return;
      reserve(chunk.length);
      memory.set(chunk, to);
      to += chunk.length;
      if (!full && to - from >= highWater) {
        full = true;
        onFull();
      }
      if (waiting && isDue(waiting.max)) notify();
    },
    async take(max) {
      lent = undefined;
      if (from === to) shrinkLater();
      while (!isDue(max)) {
        await new Promise<void>((wake) => {
          waiting = { max, wake };
        });
        if (to > from) break;
      }
      const data = takeNow(max);
      release();
      return data;
    },
    end() {
      ended = true;
      notify();
    },
    abandon() {
      ended = true;
      clearTimeout(timer);
      clearTimeout(shrinking);
      memory = nothing;
      spare = nothing;
      from = 0;
      to = 0;
      release();
      notify();
    },
  };
};
