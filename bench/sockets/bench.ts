import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, type BenchRow, median } from "../bench.ts";
import { pinned, residentOf, start } from "../processes.ts";
import { type BenchServer, startServer } from "../server.ts";
import type { IdleOptions } from "./idle-clients.ts";
import type { Measured } from "./live-clients.ts";
import { terminalsOfWorkspace } from "./load.ts";

const idleTerminals = 200;
const idleSockets = 900;
const liveTerminals = Number(process.env.BENCH_SOCKETS_LIVE ?? 2_000);
const seconds = 10;
const rounds = 5;
/** After this the server has collected what it can. */
const settleMs = 15_000;

const script = (name: string) => join(import.meta.dirname, name);

/** KiB of the server's resident memory for each socket, from ever the same number opened and kept. */
const perSocket = async (server: BenchServer, options: IdleOptions): Promise<number> => {
  const total = options.count * options.urls.length;
  // The first ones load code and make room in the heap.
  const warm = start([
    process.execPath,
    script("idle-clients.ts"),
    JSON.stringify({ ...options, count: Math.ceil(options.count / 4) }),
  ]);
  await warm.line(/^open$/);
  await warm.stop();
  await sleep(settleMs);
  const before = residentOf(server.pid);
  const clients = start([process.execPath, script("idle-clients.ts"), JSON.stringify(options)]);
  try {
    await clients.line(/^open$/);
    await sleep(settleMs);
    return ((residentOf(server.pid) - before) * 1024) / total;
  } finally {
    await clients.stop();
  }
};

const bench: Bench = {
  title: "memory of idle sockets, and two thousand live terminals on one core",
  method:
    "Memory: the growth of the server's VmRSS (all services embedded) for each socket, " +
    `${settleMs / 1000} s after the last was opened: ${idleTerminals} shells at their prompts in real workspaces, and ${idleSockets} event ` +
    "sockets that follow nothing; a quarter as many were opened and closed before. Kernel memory is not counted. " +
    `Live: ${liveTerminals} terminals in ${liveTerminals / terminalsOfWorkspace} workspaces print 4 KB every 100 ms each, by the clock. The gateway (HTTP, WebSockets, ` +
    "terminal hub, gRPC) is a process on one core; on the other core are a client that checks every offset, and daemons without " +
    "terminals that serve real gRPC: two thousand real terminals would take that core alone. Every ring is full when it is measured. " +
    `Echo: a key every 10 ms in one more terminal; medians of ${rounds} rounds of ${seconds} s.`,
  async run(say) {
    const rows: BenchRow[] = [];
    const server = await startServer();
    try {
      const socketUrl = server.url.replace("http", "ws");
      const idle = await perSocket(server, {
        kind: "websocket",
        urls: [`${socketUrl}/api/v1/events`],
        count: idleSockets,
        headers: server.headers,
      });
      rows.push({ name: "idle WebSocket", unit: "KiB", ours: idle, limit: 24 });
      const urls: string[] = [];
      for (let made = 0; made < idleTerminals / terminalsOfWorkspace; made += 1) {
        urls.push(
          `${socketUrl}/api/v1/workspaces/${await server.createWorkspace(`idle-${made}`)}/interactive`,
        );
      }
      const terminal = await perSocket(server, {
        kind: "terminal",
        urls,
        count: terminalsOfWorkspace,
        headers: server.headers,
      });
      rows.push({ name: "idle terminal", unit: "KiB", ours: terminal, limit: 200 });
      say(`idle WebSocket ${idle.toFixed(1)} KiB, idle terminal ${terminal.toFixed(1)} KiB`);
    } finally {
      await server.stop();
    }

    const directory = await mkdtemp(join(tmpdir(), "k8shell-bench-sockets-"));
    const addresses = Array.from(
      { length: liveTerminals / terminalsOfWorkspace },
      (_, index) => `unix:${join(directory, `${index}.sock`)}`,
    );
    const daemons = start(pinned(0, [process.execPath, script("daemons.ts"), ...addresses]));
    const stops = [() => daemons.stop()];
    try {
      await daemons.line(/^listening$/);
      const gateway = start(
        pinned(1, [
          process.execPath,
          "--max-semi-space-size=2",
          "--v8-pool-size=2",
          script("gateway.ts"),
          directory,
          ...addresses,
        ]),
      );
      stops.unshift(() => gateway.stop());
      const urls = (await gateway.line(/^listening /)).replace("listening ", "");
      const measured: Measured[] = [];
      let peak = 0;
      const timer = setInterval(() => {
        peak = Math.max(peak, residentOf(gateway.child.pid ?? 0));
      }, 200);
      for (let round = 0; round < rounds; round += 1) {
        const clients = start(
          pinned(0, [process.execPath, script("live-clients.ts"), urls, String(seconds)]),
        );
        stops.unshift(() => clients.stop());
        const one: Measured = JSON.parse(await clients.line(/^\{/));
        measured.push(one);
        say(`round ${round + 1}: ${JSON.stringify(one)}, RSS ${peak.toFixed(0)} MiB`);
        // Their terminals are let go.
        await clients.stop();
        await sleep(12_000);
      }
      clearInterval(timer);
      const of = (key: keyof Measured) => median(measured.map((one) => one[key]));
      const name = `${liveTerminals} live terminals`;
      rows.push(
        { name: `${name}: each receives`, unit: "KB/s", ours: of("rate") / 1000 },
        {
          name: `${name}: missing in the slowest`,
          unit: "%",
          ours: Math.max(0, 100 * (1 - of("least"))),
          limit: 2,
        },
        { name: `${name}: memory`, unit: "MiB", ours: peak, limit: 1024 },
        { name: `${name}: echo p50`, unit: "ms", ours: of("p50") },
        { name: `${name}: echo p95`, unit: "ms", ours: of("p95") },
      );
      return rows;
    } finally {
      for (const stop of stops) await stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

export default bench;
