import { spawnSync } from "node:child_process";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { output, pinned } from "../processes.ts";
import { startServer } from "../server.ts";
import { largeBytes, startApp, startConfigurableHttpProxy, startNginxProxy } from "./peers.ts";

const rounds = 1;
const seconds = 3;
const smallConnections = 64;
const largeConnections = 4;

type Side = "ours" | "chp" | "nginx";
interface Target {
  readonly port: number;
  readonly headers: readonly string[];
}

/** Answers per second that wrk gets, all with 200. */
const load = async (target: Target, path: string, connections: number): Promise<number> => {
  const headers = target.headers.flatMap((line) => ["-H", line]);
  const url = `http://127.0.0.1:${target.port}${path}`;
  const args = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", ...headers, url];
  const text = await output(pinned(0, args));
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  const bytes = /([\d.]+)(MB|GB|KB) read/.exec(text);
  if (!perSecond || !bytes || /Non-2xx/.test(text)) throw new Error(`wrk: ${text}`);
  if (path === "/small") return Number(perSecond);
  const factor = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[bytes[2] ?? ""] ?? 1;
  return (Number(bytes[1]) * factor) / 1e6 / seconds;
};

const bench: Bench = {
  title: "an app behind the app host against configurable-http-proxy and nginx",
  method:
    "The server as `npm start` runs it, with one workspace; requests go HTTP -> gateway -> gRPC PortForward -> daemon -> app, with an " +
    "access token. The app is nginx with a 13-byte answer and a file of 100 MB. The peers stand straight before the app: " +
    "JupyterHub's configurable-http-proxy 5.3.0 and nginx (kept connections, no buffering). Gateway and daemon together, and each " +
    `peer, on one core; wrk and the app on the other. ${smallConnections} connections for the small answer, ${largeConnections} ` +
    `for the large one; medians of ${rounds} rounds of ${seconds} s after a warm-up, the three in turn; the ratio is the median of the rounds' ratios.`,
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
          headers: [
            `Host: ${app.port}--${workspace}.localhost:${port}`,
            `K8shell-Authorization: ${server.headers.authorization}`,
          ],
        },
        chp: { port: chp.port, headers: [] },
        nginx: { port: nginx.port, headers: [] },
      };
      const sides: readonly Side[] = ["ours", "chp", "nginx"];
      const rows: BenchRow[] = [];
      const measure = async (
        path: string,
        connections: number,
        name: string,
        unit: string,
        gates: number[],
      ) => {
        const rates: Record<Side, number[]> = { ours: [], chp: [], nginx: [] };
        for (const side of sides) await load(targets[side], path, connections);
        for (let round = 0; round < rounds; round += 1) {
          for (let turn = 0; turn < sides.length; turn += 1) {
            const side = sides[(turn + round) % sides.length] ?? "ours";
            rates[side].push(await load(targets[side], path, connections));
          }
        }
        for (const side of sides) say(`${name}, ${side}: ${rates[side].map((r) => r.toFixed(0)).join(" ")}`);
        const against = (side: "chp" | "nginx", peer: string, limit: number | undefined) =>
          rows.push({
            name,
            unit,
            ours: median(rates.ours),
            peer: { name: peer, value: median(rates[side]) },
            ratio: median(rates.ours.map((rate, round) => rate / (rates[side][round] ?? Number.NaN))),
            limit,
          });
        against("chp", "configurable-http-proxy", gates[0]);
        against("nginx", "nginx", gates[1]);
      };
      await measure("/small", smallConnections, "small GET, kept connections", "req/s", [2]);
      await measure("/large", largeConnections, `${largeBytes / 1e6} MB body`, "MB/s", [1]);
      return rows;
    } finally {
      for (const stop of stops) await stop();
    }
  },
};

export default bench;
