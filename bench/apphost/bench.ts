import { spawnSync } from "node:child_process";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { output, pinned, processorSeconds } from "../processes.ts";
import { startServer } from "../server.ts";
import { largeBytes, startApp, startConfigurableHttpProxy, startNginxProxy } from "./peers.ts";

const rounds = 5;
const seconds = 3;
const smallConnections = 64;
const largeConnections = 4;

type Side = "ours" | "chp" | "nginx";
interface Target {
  readonly port: number;
  /** Everything this process started belongs to the proxy too. */
  readonly pid: number;
  readonly headers: readonly string[];
}
/** What one run of wrk gave. */
interface Run {
  /** Answers, or MB, per second. */
  readonly rate: number;
  /** Processor time of the proxy for each, microseconds. */
  readonly cost: number;
}

const factors: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Loads a proxy. @throws Error when an answer was not 200 */
const load = async (target: Target, path: string, connections: number): Promise<Run> => {
  const headers = target.headers.flatMap((line) => ["-H", line]);
  const url = `http://127.0.0.1:${target.port}${path}`;
  const args = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", ...headers, url];
  const before = processorSeconds(target.pid);
  const text = await output(pinned(0, args));
  const spent = processorSeconds(target.pid) - before;
  const [, count, , read, unit = ""] =
    /(\d+) requests in ([\d.]+)s, ([\d.]+)(MB|GB|KB) read/.exec(text) ?? [];
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (!perSecond || !count || /Non-2xx/.test(text)) throw new Error(`wrk: ${text}`);
  if (path === "/small") return { rate: Number(perSecond), cost: (spent * 1e6) / Number(count) };
  const megabytes = (Number(read) * (factors[unit] ?? 1)) / 1e6;
  return { rate: megabytes / seconds, cost: (spent * 1e6) / megabytes };
};

const rateOf = ({ rate }: Run): number => rate;
const costOf = ({ cost }: Run): number => cost;

const bench: Bench = {
  title: "an app behind the app host against configurable-http-proxy and nginx",
  method:
    "The server as `npm start` runs it, with one workspace; requests go HTTP -> gateway -> gRPC PortForward -> daemon -> app, with an " +
    "access token. The app is nginx with a 13-byte answer and a file of 100 MB. The peers stand straight before the app: " +
    "JupyterHub's configurable-http-proxy 5.3.0 and nginx (kept connections, no buffering). Gateway and daemon together, and each " +
    `peer, on one core; wrk and the app on the other. ${smallConnections} connections for the small answer, ${largeConnections} ` +
    `for the large one; medians of ${rounds} rounds of ${seconds} s after a warm-up, the three in turn; the ratio is the median of the rounds' ratios. ` +
    "Processor time is that of gateway and daemon together, and depends less on what else the machine does (its ratio: the peer's by ours).",
  async run(say) {
    if (spawnSync("wrk", ["-v"]).error) throw new Error("wrk is missing: apt-get install wrk");
    const stops: Array<() => Promise<void>> = [];
    const opened = <T extends { stop(): Promise<void> }>(thing: T): T => {
      stops.unshift(() => thing.stop());
      return thing;
    };
    try {
      const app = opened(await startApp(0));
      const server = opened(await startServer((command) => pinned(1, command)));
      const chp = opened(await startConfigurableHttpProxy(1, app));
      const nginx = opened(await startNginxProxy(1, app));
      const workspace = await server.createWorkspace();
      const { port } = new URL(server.url);
      const targets: Record<Side, Target> = {
        ours: {
          port: Number(port),
          pid: server.pid,
          headers: [
            `Host: ${app.port}--${workspace}.localhost:${port}`,
            `K8shell-Authorization: ${server.headers.authorization}`,
          ],
        },
        chp: { ...chp, headers: [] },
        nginx: { ...nginx, headers: [] },
      };
      const sides: readonly Side[] = ["ours", "chp", "nginx"];
      const rows: BenchRow[] = [];
      const measure = async (path: string, connections: number, name: string, unit: string, gate: number) => {
        const runs: Record<Side, Run[]> = { ours: [], chp: [], nginx: [] };
        for (const side of sides) await load(targets[side], path, connections);
        for (let round = 0; round < rounds; round += 1) {
          for (let turn = 0; turn < sides.length; turn += 1) {
            const side = sides[(turn + round) % sides.length] ?? "ours";
            runs[side].push(await load(targets[side], path, connections));
          }
        }
        for (const side of sides) {
          const told = runs[side].map(({ rate, cost }) => `${rate.toFixed(0)} (${cost.toFixed(1)} µs)`);
          say(`${name}, ${side}: ${told.join(" ")}`);
        }
        const row = (
          side: "chp" | "nginx",
          peer: string,
          label: string,
          of: (run: Run) => number,
          ratioOf: (ours: number, theirs: number) => number,
          limit?: number,
        ): BenchRow => ({
          name: label,
          unit: of === costOf ? "µs" : unit,
          ours: median(runs.ours.map(of)),
          peer: { name: peer, value: median(runs[side].map(of)) },
          ratio: median(
            runs.ours.map((run, round) => ratioOf(of(run), of(runs[side][round] ?? { rate: 0, cost: 0 }))),
          ),
          limit,
        });
        for (const [side, peer, limit] of [
          ["chp", "configurable-http-proxy", gate],
          ["nginx", "nginx", undefined],
        ] as const) {
          rows.push(row(side, peer, name, rateOf, (ours, theirs) => ours / theirs, limit));
          const label = `${name}: processor time for each ${path === "/small" ? "request" : "MB"}`;
          rows.push(row(side, peer, label, costOf, (ours, theirs) => theirs / ours));
        }
      };
      await measure("/small", smallConnections, "small GET, kept connections", "req/s", 2);
      await measure("/large", largeConnections, `${largeBytes / 1e6} MB body`, "MB/s", 1);
      return rows;
    } finally {
      for (const stop of stops) await stop();
    }
  },
};

export default bench;
