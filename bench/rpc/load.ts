import { readFileSync } from "node:fs";

/** What one client measured. */
export interface Measured {
  /** Calls or MB per second. */
  readonly rate: number;
  /** Processor time of client and server for one call or block, microseconds. */
  readonly cpuMicros: number;
}

/** Processor time of a process so far, microseconds (/proc/PID/stat counts in hundredths of a second). */
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

/** Warms up, then measures how often something happens in a second and what processor time it takes. */
const measure = async (
  work: (count: () => void, stopped: () => boolean) => Promise<void>,
  server: number,
): Promise<{ perSecond: number; cpuMicros: number }> => {
  let done = 0;
  let stopped = false;
  const working = work(
    () => {
      done += 1;
    },
    () => stopped,
  );
  await wait(1_000);
  const from = { done, at: performance.now(), cpu: cpuOf(process.pid) + cpuOf(server) };
  await wait(2_000);
  const count = done - from.done;
  const perSecond = (count * 1000) / (performance.now() - from.at);
  const cpuMicros = (cpuOf(process.pid) + cpuOf(server) - from.cpu) / count;
  stopped = true;
  await working;
  return { perSecond, cpuMicros };
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

/** Runs `kind` of load against the server with process id `server`, and prints what it measured. */
export const report = async (load: Load, kind: string, server: number): Promise<void> => {
  const { perSecond, cpuMicros } = await measure(async (count, stopped) => {
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
  }, server);
  const rate = kind === "unary" ? perSecond : (perSecond * blockBytes) / 1e6;
  console.log(JSON.stringify({ rate, cpuMicros } satisfies Measured));
  process.exit(0);
};
