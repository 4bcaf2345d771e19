/** Measures how often something happens in a second: warms up, then counts. */
export const rate = async (
  work: (count: () => void, stopped: () => boolean) => Promise<void>,
  warmUpMs: number,
  measureMs: number,
): Promise<number> => {
  let done = 0;
  let stopped = false;
  const working = work(
    () => {
      done += 1;
    },
    () => stopped,
  );
  await wait(warmUpMs);
  const from = done;
  const start = performance.now();
  await wait(measureMs);
  const perSecond = ((done - from) * 1000) / (performance.now() - start);
  stopped = true;
  await working;
  return perSecond;
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const blockBytes = 32 * 1024;
export const windowBytes = 4 * 1024 * 1024;
export const concurrency = 64;

/** How a client counts what it does: messages of a stream, or calls. */
export interface Load {
  unary(): Promise<void>;
  /** Receives blocks, calling `received` for each, until that returns false. */
  download(received: () => boolean): Promise<void>;
  /** Sends blocks as fast as they are taken, asking `next` before each, until that returns false. */
  upload(next: () => boolean): Promise<void>;
}

/** Runs `kind` of load and prints calls or MB per second. */
export const report = async (load: Load, kind: string): Promise<void> => {
  const perSecond = await rate(
    async (count, stopped) => {
      const more = () => {
        count();
        return !stopped();
      };
      if (kind === "unary") {
        const loop = async () => {
          do await load.unary();
          while (more());
        };
        await Promise.all(Array.from({ length: concurrency }, loop));
      } else if (kind === "download") await load.download(more);
      else await load.upload(more);
    },
    1_000,
    2_000,
  );
  console.log(kind === "unary" ? perSecond : (perSecond * blockBytes) / 1e6);
  process.exit(0);
};
