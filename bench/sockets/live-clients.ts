// Opens many terminals that print, checks that nothing is missing and measures the echo of keys in one more:
// `live-clients.ts URLS SECONDS`, the first JSON. Prints a JSON line.
import { setTimeout as sleep } from "node:timers/promises";
import { openTerminal, type Terminal } from "../terminal/terminal.ts";
import { printBytes, printMs, terminalsOfWorkspace } from "./load.ts";

export interface Measured {
  /** Bytes per second and terminal. */
  readonly rate: number;
  /** Least and most that a terminal received, as a share of what it printed. */
  readonly least: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const urls: string[] = JSON.parse(process.argv[2] ?? "[]");
const seconds = Number(process.argv[3]);
const received: number[] = [];
const open = async (url: string): Promise<Terminal> => {
  const terminal = await openTerminal({ kind: "ours", url, headers: {} });
  const index = received.push(0) - 1;
  terminal.onOutput = (output) => {
    received[index] = (received[index] ?? 0) + output.length;
  };
  return terminal;
};
const terminals: Terminal[] = [];
for (const url of urls) {
  for (let opened = 0; opened < terminalsOfWorkspace; opened += 20) {
    terminals.push(...(await Promise.all(Array.from({ length: 20 }, () => open(url)))));
  }
}
const typist = await openTerminal({ kind: "ours", url: urls[0] ?? "", headers: {} });
console.log("opened");
for (const terminal of terminals) terminal.type("go\n");
// Until everything is warm, and each ring full.
await sleep(Math.max(8_000, (256 * 1024 * printMs) / printBytes));
console.log("warm");
const before = [...received];
const from = performance.now();
const times: number[] = [];
while (performance.now() - from < seconds * 1000) {
  const typed = performance.now();
  await new Promise<void>((resolve) => {
    typist.onOutput = () => resolve();
    typist.type("k");
  });
  times.push(performance.now() - typed);
  await sleep(10);
}
const elapsed = performance.now() - from;
const shares = received.map(
  (total, index) => (total - (before[index] ?? 0)) / ((elapsed / printMs) * printBytes),
);
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
const measured: Measured = {
  rate:
    received.reduce((sum, total, index) => sum + total - (before[index] ?? 0), 0) /
    received.length /
    (elapsed / 1000),
  least: Math.min(...shares),
  p50: at(0.5),
  p95: at(0.95),
  p99: at(0.99),
};
console.log(JSON.stringify(measured));
process.exit(0);
