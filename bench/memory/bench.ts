import { readdirSync, readFileSync } from "node:fs";
import type { Bench } from "../bench.ts";
import { startServer } from "../server.ts";

/** A process: its parent, its command line and its resident memory in MB. */
interface Process {
  pid: number;
  parent: number;
  command: string;
  residentMb: number;
}

const processes = (): Process[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        const number = (field: string) =>
          Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return [
          { pid: Number(name), parent: number("PPid"), command, residentMb: (number("VmRSS") * 1024) / 1e6 },
        ];
      } catch {
        // Ended between the listing and the reading.
        return [];
      }
    });

/** `pid` and everything it has started. */
const family = (pid: number): Process[] => {
  const all = processes();
  const members = new Set([pid]);
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const process of all) if (members.has(process.parent)) members.add(process.pid);
  }
  return all.filter((process) => members.has(process.pid));
};

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const idleMs = 10_000;

const bench: Bench = {
  title: "resident memory of an idle server and of one workspace",
  method:
    "VmRSS of the server (all services embedded) and of the daemon of one workspace, as `npm start` runs them, " +
    `${idleMs / 1000} s after the last request. The limits are absolute.`,
  async run(say) {
    const server = await startServer();
    try {
      await wait(idleMs);
      const fresh = family(server.pid).find(({ pid }) => pid === server.pid)?.residentMb ?? Number.NaN;
      await server.createWorkspace();
      await wait(idleMs);
      const running = family(server.pid);
      const own = running.find(({ pid }) => pid === server.pid)?.residentMb ?? Number.NaN;
      const daemon = running.find(
        ({ command }) => /\/node .*workspaced\.mjs/.test(command) && !command.includes("bwrap"),
      );
      say(`server ${fresh.toFixed(1)} MB before and ${own.toFixed(1)} MB after the first workspace`);
      return [
        { name: "server, no workspace", unit: "MB", ours: fresh, limit: 150 },
        { name: "server, one workspace", unit: "MB", ours: own, limit: 150 },
        { name: "daemon of a workspace", unit: "MB", ours: daemon?.residentMb ?? Number.NaN, limit: 80 },
      ];
    } finally {
      await server.stop();
    }
  },
};

export default bench;
