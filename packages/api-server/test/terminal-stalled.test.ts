import { create, toBinary } from "@bufbuild/protobuf";
import { ClientMessageSchema } from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { start } from "./terminal-fixture.ts";
import { openTerminalV2 } from "./terminal-v2-client.ts";
import { eventually, watchMemory } from "./workspace-fixture.ts";

const shells = 10;
const readersOfEach = 100;
const readers = shells * readersOfEach;
/** Of the numbers from 1, one to a line of seven bytes. */
const lines = 50_000;
const wanted = Array.from({ length: lines }, (_, index) => `${String(index + 1).padStart(6, "0")}\n`).join(
  "",
);
const printed = wanted.length;
/** What a client that does not acknowledge is sent at most (docs/protocols/cloudshell-v2.md). */
const windowBytes = 192 * 1024;

const hello = (terminal: string) =>
  toBinary(
    ClientMessageSchema,
    create(ClientMessageSchema, { payload: { case: "hello", value: { terminal } } }),
  );

/** Joins a terminal and reads nothing more after that it is open. */
const openStalled = async (url: string, terminal: string): Promise<WebSocket> => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "cloudshell-v2", { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => {
    socket.once("message", () => resolve());
    socket.send(hello(terminal));
  });
  socket.pause();
  return socket;
};

test("1,000 clients that stop reading while their programs print cost bounded memory, and nobody else waits for them", async () => {
  const { urlOf, gateway } = await start({
    terminalsPerWorkspace: 2 * readers,
    // Or those that do not answer pings would be cut before the end of the test on a slow machine.
    limits: { webSocketHeartbeatMs: 3_600_000 },
  });
  const owners = await Promise.all(
    Array.from({ length: shells }, async (_, index) => {
      const owner = await openTerminalV2(urlOf({ tab: `tab-${index}` }));
      await owner.welcomed();
      owner.type("stty -echo -opost; echo ready-$((0 + 1))\n");
      await owner.shows("ready-1");
      return owner;
    }),
  );
  const stalled: WebSocket[] = [];
  for (const owner of owners) {
    const joined = Array.from({ length: readersOfEach }, () => openStalled(urlOf(), owner.welcome.terminal));
    stalled.push(...(await Promise.all(joined)));
  }
  expect(gateway.server.upgrades.size).toBe(readers + shells);

  const memory = watchMemory();
  const before = gateway.live.bytesOf("terminal").sent;
  for (const owner of owners) owner.type(`seq -f %06.0f 1 ${lines}; echo over-$((0 + 1))\n`);
  for (const owner of owners) {
    await owner.shows("over-1");
    expect(owner.text().includes(wanted)).toBe(true);
    expect(owner.snapshots).toEqual([]);
  }
  const sent = gateway.live.bytesOf("terminal").sent - before;
  expect(sent).toBeLessThan(readers * (windowBytes + 4096) + shells * printed * 1.1);
  // The rings and what the owners have kept, and at most one window of each reader.
  expect(memory.stop()).toBeLessThan(readers * windowBytes + shells * 4 * printed);

  // One of them comes back: it gets the screen as it is now.
  const [first] = stalled;
  if (!first) throw new Error("nobody is stalled");
  let shown = "";
  first.on("message", (frame: Buffer) => {
    shown += frame.toString("latin1");
    const payload = { case: "acknowledge", value: BigInt(Number.MAX_SAFE_INTEGER) } as const;
    first.send(toBinary(ClientMessageSchema, create(ClientMessageSchema, { payload })));
  });
  first.resume();
  await eventually(() => shown.includes("over-1"));
  for (const socket of stalled) socket.terminate();
  await Promise.all(owners.map((owner) => owner.close()));
  await eventually(() => gateway.server.upgrades.size === 0);
}, 300_000);

test("a program waits for a client that stops reading, and the client gets every byte when it goes on", async () => {
  const { urlOf, gateway } = await start();
  const terminal = await openTerminalV2(urlOf(), { acknowledge: false });
  await terminal.welcomed();
  terminal.type(`stty -echo -opost; seq -f %06.0f 1 ${lines}; echo over-$((0 + 1))\n`);
  const before = gateway.live.bytesOf("terminal").sent;
  await terminal.until(() => Number(terminal.position().offset) >= windowBytes);
  expect(gateway.live.bytesOf("terminal").sent - before).toBeLessThan(windowBytes + 16_384);
  expect(terminal.text()).not.toContain("over-1");
  while (!terminal.bytes().subarray(-100).includes("over-1")) {
    const { offset } = terminal.position();
    terminal.acknowledgeNow();
    await terminal.until(() => terminal.position().offset > offset);
  }
  expect(terminal.text().includes(wanted)).toBe(true);
  await terminal.close();
});

test("a client that asks and does not read the answers is closed", async () => {
  const { urlOf, gateway } = await start();
  const terminal = await openTerminalV2(urlOf());
  await terminal.welcomed();
  const { socket } = terminal;
  socket.pause();
  const ping = toBinary(
    ClientMessageSchema,
    create(ClientMessageSchema, { payload: { case: "ping", value: {} } }),
  );
  while (gateway.server.upgrades.size > 0) {
    for (let count = 0; count < 10_000 && socket.readyState === WebSocket.OPEN; count += 1) socket.send(ping);
    await new Promise<void>((resolve) => {
      if (socket.readyState === WebSocket.OPEN) socket.ping("", undefined, () => resolve());
      else resolve();
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  await terminal.closed;
});
