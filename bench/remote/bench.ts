import { spawnSync } from "node:child_process";
import { Agent, get } from "node:http";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { grpcChannel } from "@k8shell/rpc";
import { type Bench, median } from "../bench.ts";
import { output, pinned } from "../processes.ts";
import { type Platform, startEmbedded, startSplit } from "./platforms.ts";

const rounds = 5;
const samples = 1_500;
const path = "/api/v1/workspaces";

/** Milliseconds that each of some sequential runs of `once` takes. */
const timed = async (count: number, once: () => Promise<unknown>): Promise<number[]> => {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const from = performance.now();
    await once();
    times.push(performance.now() - from);
  }
  return times;
};

const quantile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN;

const request = ({ url, headers }: Platform, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers, agent }, (response) => {
      response.resume();
      response.on("end", () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    }).on("error", reject);
  });

/** Requests per second that wrk gets answered with 200. */
const load = async ({ url, headers }: Platform): Promise<number> => {
  const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const text = await output(pinned(0, ["wrk", "-t1", "-c32", "-d2s", ...lines, `${url}${path}`]));
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (!perSecond || /Non-2xx|Socket errors/.test(text)) throw new Error(`wrk: ${text}`);
  return Number(perSecond);
};

const bench: Bench = {
  title: "GET /api/v1/workspaces with a session cookie: NATS and Authz over gRPC against everything embedded",
  method:
    "The same request with a browser's session. Ours: sessions in NATS JetStream KV (one nats-server), policy decided by `serve authz` over gRPC with TLS, " +
    "Identity served too, Session and Provisioner embedded. Peer: everything in one process, sessions in SQLite. Times are of one request at a time " +
    `(${samples} in each of ${rounds} rounds, the two in turn); a unary round trip is Authz's cheapest rpc from this process over the same kind of channel. ` +
    "Rates are wrk's with 32 connections, the load generator sharing the cores with the services. The gate is on the added median, in round trips.",
  async run(say) {
    for (const program of ["wrk", "nats-server"]) {
      if (spawnSync(program, ["-v"]).error)
        throw new Error(`${program} is missing: apt-get install ${program}`);
    }
    const embedded = await startEmbedded((command) => pinned(1, command));
    let split: Awaited<ReturnType<typeof startSplit>> | undefined;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      split = await startSplit((command) => pinned(1, command));
      const channel = grpcChannel({ ...split.authz, serverName: "platform.bench.svc" });
      const { getAuditQuerySchema } = channel.client(AuthzService);
      const sides = { ours: split, embedded };
      const times = { ours: [] as number[], embedded: [] as number[], rpc: [] as number[] };
      const rates = { ours: [] as number[], embedded: [] as number[] };
      for (let round = 0; round <= rounds; round += 1) {
        for (const side of ["ours", "embedded"] as const) {
          const taken = await timed(samples, () => request(sides[side], agent));
          const rate = await load(sides[side]);
          // The first round warms up.
          if (round === 0) continue;
          times[side].push(...taken);
          rates[side].push(rate);
        }
        const trips = await timed(samples, () => getAuditQuerySchema({}));
        if (round > 0) times.rpc.push(...trips);
      }
      await channel.close();
      const p50 = {
        ours: quantile(times.ours, 0.5),
        embedded: quantile(times.embedded, 0.5),
        rpc: quantile(times.rpc, 0.5),
      };
      say(
        `p50 ms: remote ${p50.ours.toFixed(3)}, embedded ${p50.embedded.toFixed(3)}, rpc ${p50.rpc.toFixed(3)}`,
      );
      const peer = (value: number) => ({ name: "embedded", value });
      const micros = (ms: number) => ms * 1000;
      return [
        { name: "p50, one at a time", unit: "µs", ours: micros(p50.ours), peer: peer(micros(p50.embedded)) },
        {
          name: "p99, one at a time",
          unit: "µs",
          ours: micros(quantile(times.ours, 0.99)),
          peer: peer(micros(quantile(times.embedded, 0.99))),
        },
        { name: "unary gRPC round trip over TLS, p50", unit: "µs", ours: micros(p50.rpc) },
        {
          name: "added p50 in round trips",
          unit: "round trips",
          ours: (p50.ours - p50.embedded) / p50.rpc,
          limit: 3,
        },
        { name: "32 at a time", unit: "req/s", ours: median(rates.ours), peer: peer(median(rates.embedded)) },
      ];
    } finally {
      agent.destroy();
      await split?.stop();
      await embedded.stop();
    }
  },
};

export default bench;
