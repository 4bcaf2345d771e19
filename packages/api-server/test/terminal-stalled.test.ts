import { create, toBinary } from "@bufbuild/protobuf";
import { ClientMessageSchema } from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { start } from "./terminal-fixture.ts";
import { openTerminalV2 } from "./terminal-v2-client.ts";

/** Of the numbers from 1, one to a line of seven bytes. */
const lines = 50_000;
/** What a client that does not acknowledge is sent at most (docs/protocols/cloudshell-v2.md). */
const windowBytes = 192 * 1024;

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
  const wanted = Array.from({ length: lines }, (_, index) => `${String(index + 1).padStart(6, "0")}\n`).join(
    "",
  );
  expect(terminal.text().includes(wanted)).toBe(true);
  await terminal.close();
}, 60_000);

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
}, 60_000);
