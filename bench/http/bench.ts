import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Bench, median } from "../bench.ts";
import { output, pinned, processorSeconds, start } from "../processes.ts";
import { startServer } from "../server.ts";

const rounds = 7;
const roundSeconds = 4;
/** V8 optimizes what runs for a request only after some tens of thousands of them. */
const warmUpSeconds = 10;
const connections = 64;

interface Run {
  /** Requests per second that wrk gets answered with 200. */
  readonly rate: number;
  /** Processor time of the server for each, microseconds. */
  readonly cost: number;
}

interface Target {
  readonly url: string;
  readonly pid: number;
}

const load = async (
  { url, pid }: Target,
  headers: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Run> => {
  const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const before = processorSeconds(pid);
  const text = await output(pinned(0, ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, ...lines, url]));
  const spent = processorSeconds(pid) - before;
  const count = /(\d+) requests in/.exec(text)?.[1];
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (!perSecond || !count || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk: ${text}`);
  return { rate: Number(perSecond), cost: (spent * 1e6) / Number(count) };
};

const bench: Bench = {
  title: "GET /api/v1/workspaces/:name with an access token against bare node:http",
  method:
    "The server as `npm start` runs it, with one workspace: for each request the token is resolved, " +
    "the policy decided and the Provisioner asked; JSON is made when the workspace has changed. The peer answers the same headers " +
    "and body from memory. Both on one core, " +
    `wrk with ${connections} connections on the other; medians of ${rounds} rounds of ${roundSeconds} s after ${warmUpSeconds} s ` +
    "of warm-up, the two in turn; " +
    "the ratio is the median of the rounds' ratios. Processor time depends less on what else the machine does (its ratio: the peer's by ours).",
  async run(say) {
    if (spawnSync("wrk", ["-v"]).error) throw new Error("wrk is missing: apt-get install wrk");
    const server = await startServer((command) => pinned(1, command));
    let bare: ReturnType<typeof start> | undefined;
    try {
      const url = `${server.url}/api/v1/workspaces/${await server.createWorkspace()}`;
      const answer = await fetch(url, { headers: server.headers });
      const ownHeaders = new Set(["connection", "keep-alive", "date"]);
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => !ownHeaders.has(name)));
      const response = JSON.stringify({ headers, body: await answer.text() });
      bare = start(pinned(1, [process.execPath, join(import.meta.dirname, "bare-server.ts"), response]));
      const targets = {
        ours: { url, pid: server.pid },
        bare: { url: await bare.line(/^http/), pid: bare.child.pid ?? 0 },
      };
      const runs = { ours: [] as Run[], bare: [] as Run[] };
      for (const side of ["ours", "bare"] as const) await load(targets[side], server.headers, warmUpSeconds);
      for (let round = 0; round < rounds; round += 1) {
        for (const side of round % 2 ? (["bare", "ours"] as const) : (["ours", "bare"] as const)) {
          runs[side].push(await load(targets[side], server.headers, roundSeconds));
        }
      }
      for (const side of ["ours", "bare"] as const) {
        const told = runs[side].map(({ rate, cost }) => `${rate.toFixed(0)} (${cost.toFixed(1)} µs)`);
        say(`${side}: ${told.join(" ")}`);
      }
      const row = (name: string, unit: string, of: (run: Run) => number) => ({
        name: `GET /workspaces/:name, access token${name}`,
        unit,
        ours: median(runs.ours.map(of)),
        peer: { name: "bare node:http", value: median(runs.bare.map(of)) },
      });
      const ratio = (of: (ours: Run, bare: Run) => number): number =>
        median(runs.ours.map((ours, round) => of(ours, runs.bare[round] ?? { rate: 0, cost: 0 })));
      return [
        {
          ...row("", "req/s", ({ rate }) => rate),
          ratio: ratio((ours, bare) => ours.rate / bare.rate),
          limit: 0.5,
        },
        {
          ...row(": processor time each", "µs", ({ cost }) => cost),
          ratio: ratio((ours, bare) => bare.cost / ours.cost),
        },
      ];
    } finally {
      await bare?.stop();
      await server.stop();
    }
  },
};

export default bench;
