import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Principal } from "../src/auth/principal.ts";
import { attachDirectly, start } from "./terminal-fixture.ts";
import { alice, eventually, workspaceName } from "./workspace-fixture.ts";

test("what is typed is run by a shell, and its output comes back", async () => {
  const { open } = await start();
  const terminal = await open({ tab: "one", cols: "100", rows: "30" });
  expect(terminal.socket.protocol).toBe("cloudshell-v1");
  terminal.type("echo $((6 * 7)) $TERM; stty size\n");
  await terminal.shows("42 xterm-256color\r\n30 100");
  terminal.send({ case: "ping", value: {} });
  await terminal.until(() => terminal.pongs.length === 1);
  await terminal.close();
});

test("input typed before the shell is there reaches it", async () => {
  const { open } = await start();
  const terminal = await open();
  for (const letter of "echo early-$((1 + 1))\n") terminal.type(letter);
  await terminal.shows("early-2");
  await terminal.close();
});

test("text arrives whole however the shell cuts it, and invalid bytes as replacement characters", async () => {
  const { open, daemon } = await start();
  const line = "äöü€𝄞👩‍👩‍👧‍👦".repeat(3000);
  writeFileSync(join(daemon.home, "text"), `${line}\nEND\n`);
  const terminal = await open();
  terminal.type("stty -echo; cat text\n");
  await terminal.shows("END\r\n");
  expect(terminal.output).toContain(line);
  terminal.type("printf 'x\\342\\202'; sleep 0.2; printf '\\254y\\n'\n");
  await terminal.shows("x€y");
  terminal.type("printf 'a\\377b\\342\\202c\\n'\n");
  await terminal.shows("a\ufffdb\ufffdc");
  await terminal.close();
});

test("the terminal is resized, and absurd sizes are not", async () => {
  const { open } = await start();
  const terminal = await open({ cols: "80", rows: "24" });
  terminal.type("stty -echo; echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  terminal.resize(132, 50);
  terminal.resize(0, 10);
  terminal.type("until [ \"$(stty size)\" = '50 132' ]; do sleep 0.05; done; echo resized\n");
  await terminal.shows("resized\r\n");
  terminal.resize(4_000_000_000, 10);
  terminal.type("until [ \"$(stty size)\" = '10 1000' ]; do sleep 0.05; done; echo limited\n");
  await terminal.shows("limited\r\n");
  await terminal.close();
});

test("a socket that is closed leaves its shell, and the same tab comes back to it with its output and new size", async () => {
  const { open } = await start();
  const first = await open({ tab: "t" });
  first.type("secret=remembered; echo marker-$((40 + 2))\n");
  await first.shows("marker-42");
  await first.close();
  const second = await open({ tab: "t", cols: "111", rows: "22" });
  await second.shows("marker-42");
  second.type(
    "echo still-$secret; until [ \"$(stty size)\" = '22 111' ]; do sleep 0.05; done; echo resized\n",
  );
  await second.shows("still-remembered");
  await second.shows("resized\r\n");
  await second.drop();
  const third = await open({ tab: "t" });
  await third.shows("still-remembered");
  await third.close();
});

test("two tabs, and two web sessions, have shells of their own", async () => {
  const { daemon, services, open } = await start();
  const bob: Principal = { ...alice, credential: { kind: "session", sessionId: "web-session-2" } };
  const other = await start({ daemon, services, principal: bob });
  const terminals = [
    await open({ tab: "a" }),
    await open({ tab: "b" }),
    await open(),
    await other.open({ tab: "a" }),
  ];
  const pids = new Set<string>();
  for (const terminal of terminals) {
    terminal.type("echo pid=$$=\n");
    await terminal.until(() => /pid=\d+=/.test(terminal.output));
    pids.add(/pid=(\d+)=/.exec(terminal.output)?.[1] ?? "");
  }
  expect(pids.size).toBe(4);
  for (const terminal of terminals) await terminal.close();
});

test("the same tab in a second window takes the shell over", async () => {
  const { open } = await start();
  const first = await open({ tab: "t" });
  first.type("mark=one; echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  const second = await open({ tab: "t" });
  expect((await first.closed).code).toBe(4001);
  expect(first.errors).toEqual(["This terminal was opened in another window."]);
  second.type("echo mark-$mark\n");
  await second.shows("mark-one");
  await second.close();
});

test("what is typed before a window knows that it is taken over reaches the shell", async () => {
  const { open } = await start();
  const first = await open({ tab: "t" });
  first.type("echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  // Called by the library when the close frame has come, before it answers that.
  const answer = first.socket.close.bind(first.socket);
  first.socket.close = (...args) => {
    first.type("mark=late\n");
    answer(...args);
  };
  const second = await open({ tab: "t" });
  expect((await first.closed).code).toBe(4001);
  second.type("echo mark-$mark\n");
  await second.shows("mark-late");
  await second.close();
});

test("a window that no longer answers does not keep the shell from the next one", async () => {
  const { open } = await start();
  const first = await open({ tab: "t" });
  first.type("mark=one; echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  first.socket.pause();
  const second = await open({ tab: "t" });
  second.type("echo mark-$mark\n");
  await second.shows("mark-one");
  first.socket.terminate();
  await second.close();
});

test("many connections of one tab at the same time end with one that has the shell", async () => {
  const { open } = await start();
  const terminals = await Promise.all(Array.from({ length: 6 }, () => open({ tab: "t" })));
  const ends = terminals.map((terminal) => terminal.closed.then(({ code }) => code));
  await eventually(async () => {
    const left = terminals.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
    return left.length === 1;
  });
  const last = terminals.find(({ socket }) => socket.readyState === WebSocket.OPEN);
  last?.type("echo alive-$((1 + 1))\n");
  await last?.shows("alive-2");
  await last?.close();
  const codes = await Promise.all(ends);
  expect(codes.filter((code) => code === 4001)).toHaveLength(5);
});

test("a shell attached by another client of the workspace is waited for, and then refused clearly", async () => {
  const { daemon, services, open, idle } = await start();
  const first = await open({ tab: "t" });
  first.type("echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  await first.close();
  await idle();
  const [record] = await Promise.all(
    (await services.terminals.keys()).map((key) => services.terminals.get(key)),
  );
  const { shellId } = JSON.parse(record?.value ?? "{}");
  const stranger = await attachDirectly(daemon, shellId);
  const next = await start({ daemon, services });
  const second = await next.open({ tab: "t" });
  expect(await second.closed).toEqual({ code: 4002, reason: "in use" });
  expect(second.errors).toEqual(["This terminal is open elsewhere. Close it there and try again."]);
  const third = await next.open({ tab: "t" });
  stranger.detach();
  third.type("echo mine-$((1 + 1))\n");
  await third.shows("mine-2");
  await third.close();
});

test("a server that died without a word is followed by one that finds the shell and continues its record", async () => {
  const { daemon, services, open, gateway, records } = await start();
  const before = await open({ tab: "t" });
  before.type("mark=survivor; echo ready-$((0 + 1))\n");
  await before.shows("ready-1");
  await eventually(async () => (await records()).length === 1);
  const [record] = await records();
  const keys = await services.terminals.keys();
  const left = await services.terminals.get(keys[0] ?? "");
  await gateway.close();
  // A killed server has no time to write what an orderly end writes: put back what it would have left.
  await services.terminals.put(left?.key ?? "", left?.value ?? "");
  if (!record) throw new Error("no record");
  await services.session.upsertSession({ session: { ...record, endTime: 0n, bytesOut: 1000n } });

  const next = await start({ daemon, services });
  const after = await next.open({ tab: "t" });
  await after.shows("ready-1");
  after.type("echo mark-$mark\n");
  await after.shows("mark-survivor");
  expect((await records()).map(({ sessionId, endTime }) => [sessionId, endTime])).toEqual([
    [record.sessionId, 0n],
  ]);
  await after.close();
  await eventually(async () => (await records())[0]?.endTime !== 0n);
  expect((await records())[0]?.bytesOut).toBeGreaterThan(1000n);
});

test("the end of the shell is told, closes the socket, and the tab gets a new shell", async () => {
  const { open, services } = await start();
  const terminal = await open({ tab: "t" });
  terminal.type("echo bye-$((1 + 1)); exit\n");
  expect(await terminal.closed).toEqual({ code: 1000, reason: "ended" });
  expect(terminal.output).toContain("bye-2");
  expect(terminal.errors).toEqual(["The shell has ended."]);
  await eventually(async () => (await services.terminals.keys()).length === 0);
  const next = await open({ tab: "t" });
  next.type("echo new-$((1 + 1))\n");
  await next.shows("new-2");
  expect(next.output).not.toContain("bye-2");
  await next.close();
});

test("detaching with the keyboard closes the socket and keeps the shell", async () => {
  const { open } = await start();
  const terminal = await open({ tab: "t" });
  terminal.type("mark=kept; echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  terminal.type("\x01d");
  expect(await terminal.closed).toEqual({ code: 1000, reason: "detached" });
  const next = await open({ tab: "t" });
  next.type("echo mark-$mark\n");
  await next.shows("mark-kept");
  await next.close();
});

test("where detaching is not permitted there is a terminal all the same, which ends with its socket", async () => {
  const { open, services } = await start({
    config: { shells: { allowSessionDetach: false, detachTimeoutSeconds: 60 } },
  });
  for (let turn = 0; turn < 2; turn++) {
    const terminal = await open({ tab: "t" });
    terminal.type("echo [$mark]; mark=set; echo ready-$((0 + 1)) pid=$$=\n");
    await terminal.shows("ready-1");
    expect(terminal.output).toContain("[]\r\n");
    const pid = Number(/pid=(\d+)=/.exec(terminal.output)?.[1]);
    await terminal.close();
    await eventually(() => !existsSync(`/proc/${pid}`));
  }
  expect(await services.terminals.keys()).toEqual([]);
});

test("the session record tells who, what, from where and how much", async () => {
  const { open, records } = await start({ sessionRefreshMs: 100 });
  const terminal = await open({ tab: "t" }, { "user-agent": "TestBrowser/1.0" });
  terminal.type("echo ready-$((0 + 1))\n");
  await terminal.shows("ready-1");
  await eventually(async () => ((await records())[0]?.bytesOut ?? 0n) > 0n);
  const [live] = await records();
  expect(live).toMatchObject({
    username: "alice",
    workspace: workspaceName,
    blueprint: "dev",
    client: "TestBrowser/1.0",
    clientIp: "127.0.0.1",
    endTime: 0n,
    operations: ["sh", "pt"],
  });
  expect(live?.k8shelldVer).not.toBe("");
  expect(live?.bytesIn).toBe(22n);
  await terminal.explore({ case: "listFiles", value: { path: "" } });
  await terminal.close();
  await eventually(async () => (await records())[0]?.endTime !== 0n);
  const all = await records();
  expect(all).toHaveLength(1);
  expect(all[0]?.operations).toEqual(["sh", "pt", "sf"]);
});
