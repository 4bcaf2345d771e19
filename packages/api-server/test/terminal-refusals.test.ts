import fc from "fast-check";
import pino from "pino";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { interactiveRoutes } from "../src/routes/interactive.ts";
import { openTerminal } from "./terminal-client.ts";
import { refusal, start, startServices } from "./terminal-fixture.ts";
import { eventually, forbid, startWorkspaceGateway, workspaceName } from "./workspace-fixture.ts";

test("a session that policy does not let start is refused before the upgrade", async () => {
  const { urlOf } = await start({
    authorize(action) {
      if (action.action === "session:start") forbid("workspace")(action);
    },
  });
  expect(await refusal(urlOf())).toBe(403);
});

test("foreign origins, other subprotocols, bad parameters and plain requests are refused", async () => {
  const { urlOf, gateway, open } = await start();
  expect(await refusal(urlOf(), ["cloudshell-v1"], { origin: "https://evil.example" })).toBe(403);
  expect(await refusal(urlOf(), ["webshell-v1"])).toBe(400);
  expect(await refusal(urlOf({ tab: "a b" }))).toBe(400);
  expect(await refusal(urlOf({ cols: "0" }))).toBe(400);
  expect(await refusal(urlOf().replace(workspaceName, "nobody-1234567"))).toBe(404);
  expect((await fetch(urlOf())).status).toBe(426);
  const terminal = await open({}, { origin: gateway.url });
  await terminal.close();
});

test("text frames and malformed frames close the socket with a reason", async () => {
  const { open } = await start();
  const text = await open({ tab: "a" });
  text.socket.send("hello");
  expect(await text.closed).toEqual({ code: 1003, reason: "send binary frames" });
  const malformed = await open({ tab: "b" });
  malformed.socket.send(Buffer.from([0x1a, 0xff]));
  expect(await malformed.closed).toEqual({ code: 1002, reason: "malformed frame" });
  const large = await open({ tab: "c" });
  large.socket.send(Buffer.alloc((1 << 20) + 1));
  expect((await large.closed).code).toBe(1009);
});

test("no frame, well formed or not, does more than close its own socket", async () => {
  const { open } = await start();
  const steady = await open({ tab: "steady" });
  let fuzzed = await open({ tab: "fuzzed" });
  const frames = fc.sample(fc.uint8Array({ maxLength: 60 }), { numRuns: 400, seed: 7 });
  for (const frame of frames) {
    if (fuzzed.socket.readyState !== WebSocket.OPEN) {
      expect([1000, 1002]).toContain((await fuzzed.closed).code);
      fuzzed = await open({ tab: "fuzzed" });
    }
    fuzzed.socket.send(frame);
    fuzzed.send({ case: "ping", value: {} });
    await Promise.race([fuzzed.closed, fuzzed.until(() => fuzzed.pongs.length > 0).catch(() => {})]);
    fuzzed.pongs.length = 0;
  }
  await fuzzed.drop();
  steady.type("echo steady-$((1 + 1))\n");
  await steady.shows("steady-2");
  await steady.close();
});

test("messages that only a server sends, and those of a newer protocol, are ignored", async () => {
  const { open } = await start();
  const terminal = await open();
  terminal.send({ case: "terminalOutput", value: { data: "x" } });
  terminal.send({ case: "pong", value: {} });
  terminal.socket.send(Buffer.from([0x7a, 0x00]));
  terminal.socket.send(Buffer.alloc(0));
  terminal.send({ case: "ping", value: {} });
  await terminal.until(() => terminal.pongs.length === 1);
  await terminal.close();
});

test("more commands than anybody clicks close the socket", async () => {
  const { open } = await start();
  const terminal = await open();
  for (let index = 0; index < 500; index++) {
    terminal.send({
      case: "fileExplorer",
      value: {
        id: `${index}`,
        payload: { case: "command", value: { payload: { case: "listFiles", value: { path: "/usr/bin" } } } },
      },
    });
  }
  expect(await terminal.closed).toEqual({ code: 1008, reason: "too many commands at once" });
});

test("a workspace has a limited number of terminals", async () => {
  const { open, urlOf } = await start({ terminalsPerWorkspace: 1 });
  const terminal = await open({ tab: "a" });
  expect(await refusal(urlOf({ tab: "b" }))).toBe(429);
  await terminal.close();
  await eventually(async () => {
    const next = await open({ tab: "b" }).catch(() => undefined);
    await next?.close();
    return next !== undefined;
  });
});

test("a workspace that cannot be reached is told as such, and may be tried again", async () => {
  const services = await startServices();
  const gateway = await startWorkspaceGateway({
    daemon: { address: "unix:/nonexistent/daemon.sock" },
    routes: (workspaces) =>
      interactiveRoutes({ workspaces, ...services, log: pino({ level: "silent" }) }).routes,
  });
  const terminal = await openTerminal(`${gateway.url}/api/v1/workspaces/${workspaceName}/interactive`);
  expect(await terminal.closed).toEqual({ code: 1013, reason: "workspace unreachable" });
  expect(terminal.errors).toEqual(["The connection to the workspace was lost."]);
});

test("a server that stops closes its terminals with 1012, ends their records and keeps the shells", async () => {
  const { daemon, services, open, gateway, records, idle } = await start();
  const terminal = await open({ tab: "t" });
  terminal.type("mark=kept; echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  await gateway.close();
  expect((await terminal.closed).code).toBe(1012);
  await idle();
  expect((await records())[0]?.endTime).not.toBe(0n);
  const next = await start({ daemon, services });
  const again = await next.open({ tab: "t" });
  again.type("echo mark-$mark\n");
  await again.shows("mark-kept");
  await again.close();
});
