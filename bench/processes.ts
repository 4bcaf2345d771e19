import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A running child and how to end it. */
export interface Running {
  readonly child: ChildProcess;
  /** The first line of its output that matches. */
  line(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

const pinning = spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Resident memory of a process, MiB; NaN when it has ended. */
export const residentOf = (pid: number): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
};

/** The command that runs `args` on one core, or `args` themselves where taskset is missing. */
export const pinned = (core: number, args: readonly string[]): readonly string[] =>
  pinning ? ["taskset", "-c", String(core), ...args] : args;

/** Starts a program whose output lines the benchmark waits for. Its errors go to stderr. */
export const start = (command: readonly string[], env: NodeJS.ProcessEnv = process.env): Running => {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], env });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  if (child.stdout) {
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      wake();
    });
  }
  child.on("exit", wake);
  return {
    child,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && child.exitCode === null && child.signalCode === null) return;
          waiting.delete(check);
          if (found !== undefined) resolve(found);
          else
            reject(new Error(`${command.join(" ")} ended without printing ${pattern}:\n${lines.join("\n")}`));
        };
        waiting.add(check);
        check();
      }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(timer);
    },
  };
};

/** Runs a program to its end and returns what it printed. */
export const output = async (command: readonly string[]): Promise<string> => {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => {
    text += data;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command.join(" ")} failed with ${code}`);
  return text;
};

/** Fields of /proc/PID/stat behind the name; undefined when it has ended. */
const statOf = (pid: string): string[] | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ");
  } catch {
    return undefined;
  }
};

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Processor time (the kernel counts in hundredths). */
  readonly seconds: number;
}

/** A process, if it runs, and everything it has started. */
const treeOf = (root: number): readonly Process[] => {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): Process[] => {
      const stat = statOf(name);
      const seconds = (Number(stat?.[11]) + Number(stat?.[12])) / 100;
      return stat ? [{ pid: Number(name), parent: Number(stat[1]), seconds }] : [];
    });
  const members = new Set([root]);
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const process of all) if (members.has(process.parent)) members.add(process.pid);
  }
  return all.filter(({ pid }) => members.has(pid));
};

/** Everything that a process has started and that runs. */
export const descendantsOf = (pid: number): readonly number[] =>
  treeOf(pid)
    .map((process) => process.pid)
    .filter((member) => member !== pid);

/** Processor time of a process and everything it has started, seconds. */
export const processorSeconds = (pid: number): number =>
  treeOf(pid).reduce((sum, { seconds }) => sum + seconds, 0);
