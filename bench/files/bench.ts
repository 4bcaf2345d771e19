import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, median } from "../bench.ts";
import { startServer } from "../server.ts";

const size = Number(process.env.BENCH_FILES_BYTES ?? 1 << 30);
const rounds = Number(process.env.BENCH_FILES_ROUNDS ?? 5);
const sftpServer = "/usr/lib/openssh/sftp-server";

/** Runs a program to its end. Resolves to the MB/s of moving `size` bytes. */
const rate = async (program: string, args: readonly string[]): Promise<number> => {
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return size / (performance.now() - startedAt) / 1000;
};

const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;

const bench: Bench = {
  title: `Files of ${size >> 20} MiB through the whole path`,
  method:
    `Medians of ${rounds} interleaved rounds. Ours: curl over HTTP to the gateway, which speaks SFTP over gRPC with the ` +
    "daemon of a workspace. The peer: OpenSSH's `sftp` with its own `sftp-server` behind a pipe (`sftp -D`), without " +
    "encryption or a network: the fastest that OpenSSH can be.",
  async run(say) {
    const directory = mkdtempSync(join(tmpdir(), "k8shell-bench-files-"));
    const file = join(directory, "file");
    const copy = join(directory, "copy");
    const batch = (name: string, line: string) => {
      writeFileSync(join(directory, name), `${line}\n`);
      return ["-q", "-D", sftpServer, "-b", join(directory, name)];
    };
    const measured = new Map<string, number[]>();
    const note = (name: string, value: number) => measured.set(name, [...(measured.get(name) ?? []), value]);
    const server = await startServer();
    try {
      const block = Buffer.alloc(1 << 20, "k8shell");
      for (let at = 0; at < size; at += block.length) writeFileSync(file, block, { flag: "a" });
      const workspace = await server.createWorkspace();
      const url = `${server.url}/api/v1/workspaces/${workspace}/files?path=file`;
      const auth = ["-fsS", "-H", `authorization: ${server.headers.authorization}`];
      const put = batch("put", `put ${file} ${copy}`);
      const get = batch("get", `get ${file} ${copy}`);
      // Code that runs for the first time is compiled: that is no growth with the size of files.
      await rate("curl", [...auth, "-T", file, url]);
      await rate("curl", [...auth, "-o", copy, url]);
      const before = rssOf(server.pid);
      let peak = before;
      const timer = setInterval(() => {
        peak = Math.max(peak, rssOf(server.pid));
      }, 50);
      for (let round = 0; round < rounds; round++) {
        note("upload", await rate("curl", [...auth, "-T", file, url]));
        note("sftp put", await rate("sftp", put));
        note("download", await rate("curl", [...auth, "-o", copy, url]));
        if (statSync(copy).size !== size) throw new Error("the download is not whole");
        note("sftp get", await rate("sftp", get));
        say(`round ${round + 1} of ${rounds}`);
      }
      clearInterval(timer);
      note("growth", peak - before);
    } finally {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
    const value = (name: string) => median(measured.get(name) ?? []);
    const against = (name: string, peer: string) => ({
      name,
      unit: "MB/s",
      ours: value(name),
      peer: { name: `OpenSSH ${peer}`, value: value(peer) },
      limit: 0.7,
    });
    return [
      against("download", "sftp get"),
      against("upload", "sftp put"),
      { name: "gateway's memory, largest growth meanwhile", unit: "MiB", ours: value("growth") },
    ];
  },
};

export default bench;
