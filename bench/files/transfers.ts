import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinned, processorSeconds } from "../processes.ts";
import type { BenchServer } from "../server.ts";

const sftpServer = "/usr/lib/openssh/sftp-server";

/** One transfer of a file. */
export interface Run {
  /** MB/s. */
  readonly rate: number;
  /** Processor time of everything that took part, microseconds for each MB. */
  readonly cost: number;
}

/** Moves a file of `size` bytes once. @throws Error when it does not arrive whole */
export type Transfer = () => Promise<Run>;

/** Processor time of children that have ended, and theirs, seconds (the kernel counts in hundredths). */
const endedChildrenSeconds = (): number => {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
};

/** Runs a client to its end. @param server what else works meanwhile */
export const run = async (
  command: readonly string[],
  size: number,
  server?: Pick<BenchServer, "pid">,
): Promise<Run> => {
  const spent = () => endedChildrenSeconds() + (server ? processorSeconds(server.pid) : 0);
  const [program = "", ...args] = command;
  const before = spent();
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  const seconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  const megabytes = size / 1e6;
  return { rate: megabytes / seconds, cost: ((spent() - before) * 1e6) / megabytes };
};

/** Where the clients run, and on which core; the servers have the other one. */
export const clientCore = 0;
export const serverCore = 1;

/** curl with the credentials of a server. */
export const curl = ({ headers }: BenchServer, args: readonly string[]): readonly string[] =>
  pinned(clientCore, ["curl", "-fsS", "-H", `authorization: ${headers.authorization}`, ...args]);

/** OpenSSH's client and server, joined by a pipe. @param directory holds the files, and scripts made here */
export const openSshTransfers = (directory: string, file: string, copy: string, size: number) => {
  const server = join(directory, "sftp-server");
  writeFileSync(server, `#!/bin/sh\nexec ${pinned(serverCore, [sftpServer]).join(" ")}\n`);
  chmodSync(server, 0o755);
  const transfer = (name: string, line: string): Transfer => {
    const batch = join(directory, name);
    writeFileSync(batch, `${line}\n`);
    return async () => {
      const done = await run(pinned(clientCore, ["sftp", "-q", "-D", server, "-b", batch]), size);
      if (statSync(copy).size !== size) throw new Error(`sftp: ${line} moved only a part`);
      return done;
    };
  };
  return { put: transfer("put", `put ${file} ${copy}`), get: transfer("get", `get ${file} ${copy}`) };
};
