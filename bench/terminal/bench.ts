import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { output, pinned, start } from "../processes.ts";
import { startServer } from "../server.ts";
import type { Measured, Work } from "./client.ts";
import { rawRead, startWetty } from "./peers.ts";
import type { Target } from "./terminal.ts";

const rounds = Number(process.env.BENCH_TERMINAL_ROUNDS ?? 5);
const keys = 1000;
const client = join(import.meta.dirname, "client.ts");
const busyClients = join(import.meta.dirname, "busy-clients.ts");
const busyTerminals = 200;

const measure = async (target: Target, work: Work): Promise<Measured> => {
  const command = [process.execPath, client, JSON.stringify(target), JSON.stringify(work)];
  return JSON.parse(await output(pinned(0, command))) as Measured;
};

/** Texts of about 50 MB, by name: lines of 99 characters and a line feed. */
const texts = {
  lines: Buffer.from(`${"The quick brown fox jumps over the lazy dog. ".repeat(3).slice(0, 99)}\n`),
  unicode: Buffer.from(`${"Größe 漢字かな Привет 🚀 ".repeat(6).slice(0, 99)}\n`),
};
const textBytes = 50_000_000;

type Text = keyof typeof texts;

const bench: Bench = {
  title: "terminals through the whole path against wetty and a raw read of a pseudo-terminal",
  method:
    "The server as `npm start` runs it, with a shell in a workspace: what the shell prints goes terminal -> daemon -> gRPC -> gateway -> " +
    "WebSocket (cloudshell-v2) -> client. Peers: wetty 3.2.0, whose one process has the terminal itself and no sandbox, and a loop of " +
    "`os.read` on a terminal without any network. Gateway, daemon and program together, each peer with its program: all on one core; the " +
    "client on the other, acknowledging as its protocol says. `cat` of 50 MB, in a text of 100-byte lines and in one of other scripts; raw tty: " +
    "the same lines without the kernel's output processing; `seq` is bounded by the kernel. Medians of " +
    `${rounds} interleaved rounds after a warm-up; the ratio is the median of the rounds' ratios (for times: the peer's by ours). Echo: ${keys} ` +
    "keys one by one into `cat` on a raw tty. The busy terminals print 1 KB every 25 ms each, and one client shows them all.",
  async run(say) {
    const stops: Array<() => Promise<void>> = [];
    const opened = <T extends { stop(): Promise<void> }>(thing: T): T => {
      stops.unshift(() => thing.stop());
      return thing;
    };
    const directory = await mkdtemp(join(tmpdir(), "k8shell-bench-terminal-"));
    stops.push(() => rm(directory, { recursive: true, force: true }));
    try {
      const server = opened(await startServer((command) => pinned(1, command)));
      const wetty = opened(await startWetty(1));
      const workspace = await server.createWorkspace();
      const api = `${server.url}/api/v1/workspaces/${workspace}`;
      const sizes: Record<Text, number> = { lines: 0, unicode: 0 };
      for (const name of ["lines", "unicode"] as const) {
        const line = texts[name];
        const body = Buffer.alloc(Math.floor(textBytes / line.length) * line.length, line);
        sizes[name] = body.length;
        await writeFile(join(directory, name), body);
        const put = await fetch(`${api}/files?path=${name}`, {
          method: "PUT",
          headers: server.headers,
          body,
        });
        if (!put.ok) throw new Error(`the text was not stored: ${put.status}`);
      }
      const targets = {
        ours: {
          kind: "ours",
          url: `${api.replace("http", "ws")}/interactive`,
          headers: server.headers,
        },
        wetty: { kind: "wetty", url: wetty.url, modules: wetty.modules },
      } as const satisfies Record<"ours" | "wetty", Target>;
      const rows: BenchRow[] = [];
      const tell = (name: string, values: Readonly<Record<string, readonly number[]>>) => {
        for (const [side, all] of Object.entries(values))
          say(`${name}, ${side}: ${all.map((v) => v.toFixed(2)).join(" ")}`);
      };

      const throughput = async (
        name: string,
        commandIn: (home: string) => string,
        bytes: number,
        gates: { wetty?: number; raw?: number },
      ) => {
        const rates = { ours: [] as number[], wetty: [] as number[], raw: [] as number[] };
        const run = {
          ours: async () =>
            (await measure(targets.ours, { kind: "output", command: commandIn("~"), bytes })).rate ?? 0,
          wetty: async () =>
            (await measure(targets.wetty, { kind: "output", command: commandIn(directory), bytes })).rate ??
            0,
          raw: () => rawRead(1, commandIn(directory), bytes),
        };
        const sides = ["ours", "wetty", "raw"] as const;
        for (let round = -1; round < rounds; round += 1) {
          for (let turn = 0; turn < sides.length; turn += 1) {
            const side = sides[(turn + round + 1) % sides.length] ?? "ours";
            const rate = await run[side]();
            if (round >= 0) rates[side].push(rate);
          }
        }
        tell(name, rates);
        for (const [side, peer] of [
          ["wetty", "wetty"],
          ["raw", "raw read"],
        ] as const) {
          rows.push({
            name: `output: ${name}`,
            unit: "MB/s",
            ours: median(rates.ours),
            peer: { name: peer, value: median(rates[side]) },
            ratio: median(rates.ours.map((rate, round) => rate / (rates[side][round] ?? Number.NaN))),
            limit: gates[side],
          });
        }
      };
      const gates = { wetty: 1.2, raw: 0.7 };
      await throughput("100-char lines", (home) => `cat ${home}/lines`, sizes.lines, gates);
      await throughput("raw tty", (home) => `stty raw; cat ${home}/lines`, sizes.lines, gates);
      await throughput("unicode", (home) => `cat ${home}/unicode`, sizes.unicode, gates);
      await throughput("seq", () => "seq 1 2000000", 14_888_896, {});

      const echo = async (name: string, rounds: number) => {
        const taken: Record<"ours" | "wetty", Measured[]> = { ours: [], wetty: [] };
        for (let round = -1; round < rounds; round += 1) {
          for (const side of round % 2 ? (["wetty", "ours"] as const) : (["ours", "wetty"] as const)) {
            const measured = await measure(targets[side], { kind: "echo", keys });
            if (round >= 0) taken[side].push(measured);
          }
        }
        for (const key of ["p50", "p99"] as const) {
          const [ours, wetty] = (["ours", "wetty"] as const).map((side) =>
            taken[side].map((one) => one[key] ?? Number.NaN),
          ) as [number[], number[]];
          tell(`${name} ${key}`, { ours, wetty });
          rows.push({
            name: `${name}, ${key}`,
            unit: "ms",
            ours: median(ours),
            peer: { name: "wetty", value: median(wetty) },
            ratio: median(ours.map((value, round) => (wetty[round] ?? Number.NaN) / value)),
            limit: key === "p99" ? 1 / 0.7 : undefined,
          });
        }
      };
      await echo("echo of a key, idle", rounds);

      // One workspace has at most 100 terminals.
      const busyUrls: string[] = [];
      for (let made = 0; made < busyTerminals / 100; made += 1) {
        const busyWorkspace = await server.createWorkspace(`busy-${made}`);
        busyUrls.push(targets.ours.url.replace(workspace, busyWorkspace));
      }
      const busy = busyUrls.map((url) => {
        const options = { target: { ...targets.ours, url }, count: 100 };
        return opened(start(pinned(0, [process.execPath, busyClients, JSON.stringify(options)])));
      });
      await Promise.all(busy.map((clients) => clients.line(/^busy$/)));
      const among: Measured[] = [];
      for (let round = 0; round < rounds; round += 1)
        among.push(await measure(targets.ours, { kind: "echo", keys }));
      for (const key of ["p50", "p99"] as const) {
        const all = among.map((one) => one[key] ?? Number.NaN);
        tell(`echo among busy terminals, ${key}`, { ours: all });
        rows.push({
          name: `echo of a key among ${busyTerminals} busy terminals, ${key}`,
          unit: "ms",
          ours: median(all),
          limit: key === "p99" ? 30 : undefined,
        });
      }
      return rows;
    } finally {
      for (const stop of stops) await stop();
    }
  },
};

export default bench;
