/** Frames on their way to a slow receiver. */
export interface FrameQueue<F> {
  /** Never waits: a frame that finds no room is dropped. @param bytes how much is lost then */
  push(frame: F, bytes: number): void;
  /** No more frames; `frames` ends after those in the queue. */
  close(): void;
  /** Read once. */
  readonly frames: AsyncIterable<F>;
}

/**
 * A queue that drops rather than grows. Where frames were dropped, one made by `mark` says so.
 * @param limit frames that wait at most (grpc-behaviour section 7: 512)
 */
export const createFrameQueue = <F>(mark: (bytes: number) => F, limit = 512): FrameQueue<F> => {
  const waiting: F[] = [];
  let dropped = 0;
  let closed = false;
  let wake: (() => void) | undefined;

  const put = (frame: F) => {
    waiting.push(frame);
    wake?.();
  };
  const settle = () => {
    if (dropped === 0) return;
    put(mark(dropped));
    dropped = 0;
  };

  async function* frames(): AsyncGenerator<F> {
    for (;;) {
      const frame = waiting.shift();
      if (frame !== undefined) {
        yield frame;
        continue;
      }
      if (closed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    }
  }

  return {
    push(frame, bytes) {
      if (closed) return;
      // Room for the mark as well.
      if (waiting.length >= limit - 1) {
        dropped += bytes;
        return;
      }
      settle();
      put(frame);
    },
    close() {
      if (closed) return;
      settle();
      closed = true;
      wake?.();
    },
    frames: frames(),
  };
};
