import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { start } from "./terminal-fixture.ts";
import { eventually, watchMemory } from "./workspace-fixture.ts";

test("a large paste arrives complete although its reader is slow", async () => {
  const { open, daemon } = await start();
  const terminal = await open();
  terminal.type("stty -echo; echo ready-$((0 + 1)); (sleep 0.5; cat) > pasted; echo done-$((0 + 1))\n");
  await terminal.shows("ready-1");
  const line = `${"0123456789".repeat(8)}\n`;
  const block = line.repeat(500);
  for (let index = 0; index < 40; index++) terminal.type(block);
  terminal.type("\x04");
  await terminal.shows("done-1");
  const { size } = statSync(join(daemon.home, "pasted"));
  expect(size).toBe(block.length * 40);
  await terminal.close();
});

test("200 MB for a slow client stay out of memory, and Ctrl-C ends the flood", async () => {
  const { open, daemon, gateway } = await start();
  const terminal = await open();
  terminal.type("stty -echo -opost; echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  terminal.forgetOutput();
  const name = `flood-${process.pid}`;
  writeFileSync(join(daemon.home, name), Buffer.alloc(200_000_000, "0123456789abcdef0123456789abcde\n"));
  terminal.type(`cat ${name}; echo; echo over-$((0 + 1))\n`);
  await terminal.until(() => terminal.received > 5_000_000);
  // A client that does not read at all: the whole way up to the program comes to a stop.
  terminal.socket.pause();
  const memory = watchMemory();
  const pidOf = () => spawnSync("pgrep", ["-f", `^cat ${name}$`], { encoding: "utf8" }).stdout.trim();
  const cat = pidOf();
  const read = () => /rchar: (\d+)/.exec(readFileSync(`/proc/${cat}/io`, "utf8"))?.[1];
  // It has come to a stop: on a busy machine it may also rest for a moment.
  let before: string | undefined;
  let looks = 0;
  await eventually(async () => {
    const last = before;
    before = read();
    looks = last === before ? looks + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return looks === 10;
  });
  expect(Number(before)).toBeLessThan(100_000_000);
  expect(memory.stop()).toBeLessThan(60_000_000);
  expect(gateway.server.upgrades.size).toBe(1);
  const atInterrupt = terminal.received;
  terminal.type("\x03");
  terminal.type("\necho prompt-$((0 + 1))\n");
  // The interrupt works while the client still reads nothing.
  await eventually(() => pidOf() === "");
  terminal.keepOutput();
  terminal.socket.resume();
  await terminal.shows("prompt-1");
  // What the sockets had taken still comes; what was queued behind them does not, nor the rest of the file.
  expect(terminal.output).toMatch(/\[\d+\.\d MB of output skipped\]/);
  expect(terminal.received - atInterrupt).toBeLessThan(20_000_000);
  await terminal.close();
});

test("200 MB reach a client that reads, all of them", async () => {
  const { open, daemon } = await start();
  writeFileSync(join(daemon.home, "big"), Buffer.alloc(200_000_000, "0123456789abcdef0123456789abcde\n"));
  const terminal = await open();
  terminal.type("stty -echo -opost; echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  await terminal.shows("$ ", terminal.output.indexOf("ready-1"));
  const before = terminal.received;
  terminal.forgetOutput();
  terminal.type("cat big; echo over-$((0 + 1))\n");
  await terminal.shows("over-1");
  const rest = terminal.received - before - 200_000_000;
  expect(rest).toBeGreaterThan(0);
  expect(rest).toBeLessThan(100);
  await terminal.close();
});
