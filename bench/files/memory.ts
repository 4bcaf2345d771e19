import { residentOf } from "../processes.ts";

/** Milliseconds between two looks. */
const everyMs = 50;

/** Runs `work`. Resolves to how far each process's memory was above its start at most, MiB. */
export const growthDuring = async (
  pids: readonly number[],
  work: () => Promise<void>,
): Promise<readonly number[]> => {
  const before = pids.map(residentOf);
  const growth = pids.map(() => 0);
  const look = () => {
    for (const [at, pid] of pids.entries()) {
      growth[at] = Math.max(growth[at] ?? 0, residentOf(pid) - (before[at] ?? 0));
    }
  };
  const timer = setInterval(look, everyMs);
  try {
    await work();
    look();
  } finally {
    clearInterval(timer);
  }
  return growth;
};
