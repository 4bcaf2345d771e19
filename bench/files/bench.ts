import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { descendantsOf, pinned } from "../processes.ts";
import { startServer } from "../server.ts";
import { growthDuring } from "./memory.ts";
import { curl, openSshTransfers, type Run, run, serverCore, type Transfer } from "./transfers.ts";

const size = Number(process.env.BENCH_FILES_BYTES ?? 1 << 30);
const rounds = Number(process.env.BENCH_FILES_ROUNDS ?? 5);
/** Bytes that go each way while memory is looked at. */
const volume = Number(process.env.BENCH_FILES_VOLUME ?? 20 * 2 ** 30);
const many = Math.ceil(volume / size);
/** A file system in memory: no disk takes part. */
const memory = "/dev/shm";
/** Code that runs for the first time is compiled: that is no growth with the size of files. */
const warmUpBytes = 64 << 20;

const gibibytes = (bytes: number): string => String(Number((bytes / 2 ** 30).toFixed(1)));

/** The daemon of the only workspace of a server. */
const daemonOf = (pid: number): number => {
  const found = descendantsOf(pid).find((descendant) => {
    const [program = "", ...args] = readFileSync(`/proc/${descendant}/cmdline`, "utf8").split("\0");
    return program.endsWith("node") && args.some((arg) => arg.endsWith("workspaced.mjs"));
  });
  if (found === undefined) throw new Error("there is no daemon");
  return found;
};

const bench: Bench = {
  title: `files of ${size >> 20} MiB through the whole path`,
  method:
    "Ours: curl over HTTP to the gateway, which speaks SFTP over gRPC with the daemon of a workspace. The peer: OpenSSH's `sftp` " +
    "with its own `sftp-server` behind a pipe (`sftp -D`), without encryption or a network: the fastest that OpenSSH can be. Clients " +
    "on one core; gateway and daemon together, and `sftp-server`, on the other. All files in memory (/dev/shm). " +
    `Medians of ${rounds} rounds, all four in turn; the ratio is the median of the rounds' ratios. Processor time is that of every ` +
    "process that takes part, client included (its ratio: the peer's by ours). " +
    `Memory: VmRSS of gateway and of daemon at most, less that after one transfer of ${warmUpBytes >> 20} MiB each way, while a sparse file of ` +
    `${gibibytes(volume)} GiB is downloaded and ${many} times ${size >> 20} MiB are uploaded.`,
  async run(say) {
    const directory = mkdtempSync(join(memory, "k8shell-bench-files-"));
    const file = join(directory, "file");
    const copy = join(directory, "copy");
    const server = await startServer((command) => pinned(serverCore, command), memory);
    try {
      const block = Buffer.alloc(1 << 20, "k8shell");
      const fill = (path: string, bytes: number) => {
        for (let at = 0; at < bytes; at += block.length) writeFileSync(path, block, { flag: "a" });
      };
      fill(file, size);
      const workspace = `${server.url}/api/v1/workspaces/${await server.createWorkspace()}`;
      const at = (path: string) => `${workspace}/files?path=${path}`;
      const upload: Transfer = async () => {
        // A file in memory counts to what the workspace may use: there is no room for an old and a new one.
        await fetch(at("file"), { method: "DELETE", headers: server.headers });
        return run(curl(server, ["-T", file, at("file")]), size, server);
      };
      const download: Transfer = async () => {
        const done = await run(curl(server, ["-o", copy, at("file")]), size, server);
        if (statSync(copy).size !== size) throw new Error("the download is not whole");
        return done;
      };

      const small = join(directory, "small");
      fill(small, warmUpBytes);
      await run(curl(server, ["-T", small, at("small")]), warmUpBytes, server);
      await run(curl(server, ["-o", copy, at("small")]), warmUpBytes, server);
      const made = await fetch(`${workspace}/exec`, {
        method: "POST",
        headers: { ...server.headers, "content-type": "application/json" },
        body: JSON.stringify({ command: ["truncate", "-s", String(volume), "zeros"] }),
      });
      if (!made.ok || (await made.json()).exitCode !== 0) throw new Error("no sparse file was made");
      const pids = [server.pid, daemonOf(server.pid)];
      const growth = await growthDuring(pids, async () => {
        await run(curl(server, ["-o", "/dev/null", at("zeros")]), volume, server);
        for (let count = 0; count < many; count += 1) await upload();
      });
      say(`memory grew by ${growth.map((value) => value.toFixed(1)).join(" and ")} MiB`);

      const peer = openSshTransfers(directory, file, copy, size);
      const transfers = { upload, put: peer.put, download, get: peer.get };
      const names = ["upload", "put", "download", "get"] as const;
      const runs: Record<(typeof names)[number], Run[]> = { upload: [], put: [], download: [], get: [] };
      for (let round = 0; round < rounds; round += 1) {
        for (const name of names) runs[name].push(await transfers[name]());
      }
      for (const name of names) {
        const told = runs[name].map(({ rate, cost }) => `${rate.toFixed(0)} (${cost.toFixed(0)} µs)`);
        say(`${name}: ${told.join(" ")}`);
      }
      const rows = (ours: "upload" | "download", theirs: "put" | "get"): BenchRow[] => {
        const row = (key: keyof Run, ratioOf: (mine: number, other: number) => number) => ({
          ours: median(runs[ours].map((one) => one[key])),
          peer: { name: `OpenSSH sftp ${theirs}`, value: median(runs[theirs].map((one) => one[key])) },
          ratio: median(
            runs[ours].map((one, round) => ratioOf(one[key], runs[theirs][round]?.[key] ?? Number.NaN)),
          ),
        });
        return [
          { name: ours, unit: "MB/s", ...row("rate", (mine, other) => mine / other), limit: 0.7 },
          {
            name: `${ours}: processor time for each MB`,
            unit: "µs",
            ...row("cost", (mine, other) => other / mine),
          },
        ];
      };
      const whole = `${gibibytes(volume + many * size)} GiB`;
      const grown = ["gateway", "daemon"].map((name, index) => ({
        name: `${name}: growth of memory with ${whole}`,
        unit: "MiB",
        ours: growth[index] ?? Number.NaN,
        limit: 32,
      }));
      return [...rows("download", "get"), ...rows("upload", "put"), ...grown];
    } finally {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

export default bench;
