import { readdirSync, readFileSync, statSync } from "node:fs";
import type { ScenarioTools } from "./scenario.ts";

const read = (path: string): string => {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
};

const isZombie = (pid: number): boolean => /\) [ZX] /.test(read(`/proc/${pid}/stat`));

/** Looks at the machine's processes from outside. */
export const machine: ScenarioTools & { commandLinesWith(text: string): string[] } = {
  commandLinesWith: (text) =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => read(`/proc/${name}/cmdline`))
      .filter((line) => line.includes(text)),
  find: (text) =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter(
        (pid) =>
          pid !== process.pid &&
          !isZombie(pid) &&
          (read(`/proc/${pid}/cmdline`).startsWith(text) || read(`/proc/${pid}/environ`).includes(text)),
      ),
  ownerOf(pid) {
    try {
      return statSync(`/proc/${pid}`).uid;
    } catch {
      return undefined;
    }
  },
};
