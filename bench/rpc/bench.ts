import { join } from "node:path";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { output, pinned, start } from "../processes.ts";
import type { Measured } from "./load.ts";

const rounds = 7;
const kinds = [
  { kind: "unary", name: "unary, 64 at a time", unit: "calls/s" },
  { kind: "download", name: "32 KiB stream to the client", unit: "MB/s" },
  { kind: "upload", name: "32 KiB stream to the server", unit: "MB/s" },
];
const sides = ["ours", "bare"] as const;
const script = (name: string) => [process.execPath, join(import.meta.dirname, name)];

const bench: Bench = {
  title: "gRPC channel and server against bare @grpc/grpc-js",
  method:
    "Same protobuf codec, options and 4 MiB window on both (a bare grpc-js server cannot set one for what it receives); client and server in processes of their own on different cores; " +
    `medians of ${rounds} rounds of 2 s after 1 s of warm-up, the two in turn; the ratio is the median of the rounds' ratios. Processor time is that of client and server together and does not depend on what else the machine does (its ratio: bare by ours).`,
  async run(say) {
    const servers = {
      ours: start(pinned(1, script("ours-server.ts"))),
      bare: start(pinned(1, script("bare-server.ts"))),
    };
    try {
      const addresses = {
        ours: await servers.ours.line(/:\d+$/),
        bare: await servers.bare.line(/:\d+$/),
      };
      const rows: BenchRow[] = [];
      for (const { kind, name, unit } of kinds) {
        const rates = { ours: [] as number[], bare: [] as number[] };
        const cpu = { ours: [] as number[], bare: [] as number[] };
        for (let round = 0; round < rounds; round += 1) {
          // The order alternates, so that a drift of the machine hits both alike.
          for (const side of round % 2 ? [...sides].reverse() : sides) {
            const pid = String(servers[side].child.pid);
            const client = [...script(`${side}-client.ts`), addresses[side], kind, pid];
            const measured: Measured = JSON.parse(await output(pinned(0, client)));
            rates[side].push(measured.rate);
            cpu[side].push(measured.cpuMicros);
          }
        }
        for (const side of sides)
          say(`${kind} ${side}: ${rates[side].map((rate) => rate.toFixed(0)).join(" ")}`);
        rows.push({
          name,
          unit,
          ours: median(rates.ours),
          // Each round's own ratio: what disturbs the machine for longer than a round hits both sides of it.
          ratio: median(rates.ours.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN))),
          peer: { name: "bare grpc-js", value: median(rates.bare) },
          limit: 0.9,
        });
        const spent = { ours: median(cpu.ours), bare: median(cpu.bare) };
        rows.push({
          name: `${name}: processor time each`,
          unit: "µs",
          ours: spent.ours,
          peer: { name: "bare grpc-js", value: spent.bare },
          ratio: spent.bare / spent.ours,
        });
      }
      return rows;
    } finally {
      await Promise.all([servers.ours.stop(), servers.bare.stop()]);
    }
  },
};

export default bench;
