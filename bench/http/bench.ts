import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Bench, median } from "../bench.ts";
import { output, pinned, start } from "../processes.ts";
import { startServer } from "../server.ts";

const rounds = 7;
const connections = 64;

/** Requests per second that wrk gets answered with 200. */
const load = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  seconds: number,
): Promise<number> => {
  const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const text = await output(pinned(0, ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, ...lines, url]));
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (!perSecond || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk: ${text}`);
  return Number(perSecond);
};

const bench: Bench = {
  title: "GET /api/v1/workspaces/:name with an access token against bare node:http",
  method:
    "The server as `npm start` runs it, with one workspace: for each request the token is resolved, " +
    "the policy decided, the Provisioner asked and JSON made. The peer answers the same headers and body from memory. Both on one core, " +
    `wrk with ${connections} connections on the other; medians of ${rounds} rounds of 3 s after a warm-up, the two in turn; ` +
    "the ratio is the median of the rounds' ratios.",
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
      const targets = { ours: url, bare: await bare.line(/^http/) };
      const rates = { ours: [] as number[], bare: [] as number[] };
      for (const side of ["ours", "bare"] as const) await load(targets[side], server.headers, 3);
      for (let round = 0; round < rounds; round += 1) {
        for (const side of round % 2 ? (["bare", "ours"] as const) : (["ours", "bare"] as const)) {
          rates[side].push(await load(targets[side], server.headers, 3));
        }
      }
      for (const side of ["ours", "bare"] as const)
        say(`${side}: ${rates[side].map((r) => r.toFixed(0)).join(" ")}`);
      return [
        {
          name: "GET /workspaces/:name, access token",
          unit: "req/s",
          ours: median(rates.ours),
          peer: { name: "bare node:http", value: median(rates.bare) },
          ratio: median(rates.ours.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN))),
          limit: 0.5,
        },
      ];
    } finally {
      await bare?.stop();
      await server.stop();
    }
  },
};

export default bench;
