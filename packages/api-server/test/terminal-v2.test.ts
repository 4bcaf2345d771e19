import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Role, TerminalState } from "@k8shell/contract/gen/cloudshell/v2/cloudshell_pb.js";
import headless from "@xterm/headless";
import { expect, test } from "vitest";
import type { Principal } from "../src/auth/principal.ts";
import { start } from "./terminal-fixture.ts";
import { openTerminalV2, type V2Options } from "./terminal-v2-client.ts";
import { alice, eventually, workspaceName } from "./workspace-fixture.ts";

type Server = Awaited<ReturnType<typeof start>>;

const open = ({ urlOf }: Server, tab: string, options?: V2Options) => openTerminalV2(urlOf({ tab }), options);

/** The lines of a terminal's screen, as its user sees them. */
const screenOf = async (size: { cols: number; rows: number }, ...writes: Array<string | Uint8Array>) => {
  const terminal = new headless.Terminal({ ...size, allowProposedApi: true });
  for (const data of writes) await new Promise<void>((resolve) => terminal.write(data, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from(
    { length: size.rows },
    (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? "",
  );
  return { type: active.type, cursor: [active.cursorX, active.cursorY], lines };
};

test("output is numbered, and the exit status is told", async () => {
  const server = await start();
  const terminal = await open(server, "t", { hello: { cols: 90, rows: 20 } });
  await terminal.welcomed();
  expect(terminal.socket.protocol).toBe("cloudshell-v2");
  expect(terminal.welcome).toMatchObject({
    offset: 0n,
    role: Role.OWNER,
    cols: 90,
    rows: 20,
    reattached: false,
    detachable: true,
  });
  terminal.type("stty size; exit 3\n");
  expect(await terminal.closed).toEqual({ code: 1000, reason: "ended" });
  expect(terminal.text()).toContain("20 90\r\n");
  expect(terminal.exit?.code).toBe(3);
  expect(terminal.notices).toEqual(["The shell has ended."]);
});

test("bytes that are not UTF-8 arrive as they are", async () => {
  const terminal = await open(await start(), "t");
  terminal.type("printf 'a\\377\\342\\202b\\n'\n");
  await terminal.until(() => terminal.bytes().includes(Buffer.from([0x61, 0xff, 0xe2, 0x82, 0x62])));
  await terminal.close();
});

test("a client that comes back gets exactly what it missed", async () => {
  const server = await start();
  const first = await open(server, "t");
  first.type("stty -echo; PS1=; for i in $(seq 1 40); do echo line-$i; sleep 0.02; done\n");
  await first.shows("line-3\r\n");
  await first.drop();
  const resume = first.position();
  const second = await open(server, "t", { hello: { resume } });
  await second.shows("line-40\r\n");
  expect(second.welcome).toMatchObject({ offset: resume.offset, stream: resume.stream, reattached: true });
  const all = Buffer.concat([first.bytes(), second.bytes()]).toString();
  const lines = [...all.matchAll(/^line-(\d+)\r$/gm)].map(([, number]) => Number(number));
  expect(lines).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(second.snapshots).toEqual([]);
  await second.close();
});

test("a client that acknowledges nothing holds the program back, and gets all of it once it renders", async () => {
  const server = await start();
  const size = 3_000_000;
  writeFileSync(join(server.daemon.home, "big"), Buffer.alloc(size, "0123456789abcdef0123456789abcde\n"));
  const terminal = await open(server, "t", { acknowledge: false });
  terminal.type("stty -echo -opost; cat big; echo over-$((0 + 1))\n");
  await terminal.until(() => terminal.bytes().length >= 150_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(terminal.bytes().length).toBeLessThanOrEqual(192 * 1024);
  while (!terminal.bytes().subarray(-100).includes("over-1\n")) {
    const before = terminal.bytes().length;
    terminal.acknowledgeNow();
    await terminal.until(() => terminal.bytes().length > before);
  }
  expect(terminal.bytes().length).toBeGreaterThan(size);
  await terminal.close();
});

test("a client that missed more than is kept gets a picture that shows what it would have seen", async () => {
  const server = await start();
  const size = { cols: 80, rows: 24 };
  const first = await open(server, "t", { hello: size });
  // A full-screen program, as vim is: the alternate screen, a hidden cursor, then more output than is kept.
  first.type("stty -echo; PS1=; printf '\\033[?1049h\\033[?25l\\033[2J\\033[H'; echo begun-$((1 + 1))\n");
  await first.shows("begun-2");
  const resume = first.position();
  await first.drop();
  const watcher = await open(server, "t", { hello: { ...size, resume } });
  watcher.type(
    "for i in $(seq 1 9000); do printf '\\033[5;10Hrow %06d of a flood of output' $i; done; printf '\\033[20;3Hdone-%d' 9\n",
  );
  await watcher.shows("done-9");
  await watcher.drop();
  const late = await open(server, "t", { hello: { ...size, resume } });
  await late.until(() => late.snapshots.length === 1);
  expect(late.welcome.offset).not.toBe(resume.offset);
  const [snapshot] = late.snapshots;
  if (!snapshot) throw new Error("no snapshot");
  await late.until(() => late.position().offset >= watcher.position().offset);
  const wanted = await screenOf(size, first.bytes(), watcher.bytes());
  expect(wanted.type).toBe("alternate");
  expect(await screenOf(size, snapshot.data, late.bytes())).toEqual(wanted);
  expect(Buffer.from(snapshot.data).toString()).toContain("\x1b[?25l");
  late.type("exit\n");
  await late.closed;
});

test("another server takes a terminal over with its output from where the client was", async () => {
  const one = await start();
  const first = await open(one, "t");
  first.type("stty -echo; PS1=; mark=kept; seq 1 500; echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  const resume = first.position();
  const two = await start({ daemon: one.daemon, services: one.services });
  const began = Date.now();
  const second = await open(two, "t", { hello: { resume } });
  await second.welcomed();
  expect(Date.now() - began).toBeLessThan(2_000);
  expect((await first.closed).code).toBe(4001);
  second.type("echo mark-$mark\n");
  await second.shows("mark-kept");
  expect(second.welcome.offset).toBe(resume.offset);
  expect(second.welcome.head).toBeGreaterThanOrEqual(resume.offset);
  expect(second.text()).not.toContain("ready-1");
  expect(second.snapshots).toEqual([]);
  await second.close();
});

test("a server that drains closes with 1012, and the next one goes on at the very byte", async () => {
  const one = await start();
  const first = await open(one, "t");
  first.type("stty -echo; PS1=; for i in $(seq 1 60); do echo line-$i; sleep 0.02; done\n");
  await first.shows("line-5\r\n");
  await one.gateway.close();
  expect((await first.closed).code).toBe(1012);
  await one.idle();
  const two = await start({ daemon: one.daemon, services: one.services });
  const second = await open(two, "t", { hello: { resume: first.position() } });
  await second.shows("line-60\r\n");
  const all = Buffer.concat([first.bytes(), second.bytes()]).toString();
  const lines = [...all.matchAll(/^line-(\d+)\r$/gm)].map(([, number]) => Number(number));
  expect(lines).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  await second.close();
});

test("somebody else may look on, and sees the same; what an observer types or resizes is ignored", async () => {
  const admin: Principal = { ...alice, username: "root", credential: { kind: "session", sessionId: "w2" } };
  const asked: unknown[] = [];
  const server = await start({
    principals: [admin],
    authorize: (action) => asked.push(action.context),
  });
  const headers = { "x-test-user": "root" };
  const owner = await open(server, "t", { hello: { cols: 80, rows: 24 } });
  owner.type("stty -echo; echo ready-$((0 + 1))\n");
  await owner.shows("ready-1");
  const [listed] = await owner.list();
  expect(listed).toMatchObject({
    owner: "alice",
    state: TerminalState.ATTACHED,
    viewers: [{ username: "alice", role: Role.OWNER }],
  });
  const hello = { terminal: owner.welcome.terminal, cols: 10, rows: 10 };
  const observer = await open(server, "x", { hello, headers });
  await observer.welcomed();
  expect(observer.welcome).toMatchObject({ role: Role.OBSERVER, cols: 80, rows: 24 });
  expect(asked).toContainEqual(expect.objectContaining({ terminal_role: "observer" }));
  observer.type("echo intruder\n");
  observer.resize(5, 5);
  observer.send({ case: "end", value: {} });
  owner.type("echo seen-$((1 + 1)); stty size\n");
  await observer.shows("seen-2\r\n24 80");
  expect(owner.text()).not.toContain("intruder");

  const writer = await open(server, "y", { hello: { ...hello, role: Role.WRITER }, headers });
  await writer.welcomed();
  expect(writer.welcome.role).toBe(Role.WRITER);
  writer.type("echo written-$((1 + 1))\n");
  await owner.shows("written-2");
  await observer.until(() => observer.sizes.some(({ cols, rows }) => cols === 10 && rows === 10));
  expect((await owner.list())[0]?.viewers).toHaveLength(3);
  await owner.close();
  // The others keep it.
  writer.type("exit 4\n");
  expect((await observer.closed).reason).toBe("ended");
  expect(observer.exit?.code).toBe(4);
});

test("an observer who does not read does not hold the terminal up", async () => {
  const server = await start();
  writeFileSync(
    join(server.daemon.home, "big"),
    Buffer.alloc(2_000_000, "0123456789abcdef0123456789abcde\n"),
  );
  const owner = await open(server, "t");
  await owner.welcomed();
  const hello = { terminal: owner.welcome.terminal, role: Role.OBSERVER };
  const observer = await open(server, "x", { hello, acknowledge: false });
  await observer.welcomed();
  owner.type("stty -echo; cat big; echo over-$((0 + 1))\n");
  await owner.shows("over-1");
  observer.acknowledgeNow();
  await observer.until(() => observer.snapshots.length > 0);
  await owner.close();
  await observer.close();
});

test("a terminal that does not exist, and a client that does not say hello, are told so", async () => {
  const server = await start();
  const lost = await open(server, "t", { hello: { terminal: "ws-unknown" } });
  expect(await lost.closed).toEqual({ code: 4004, reason: "no such terminal" });
  const rude = await open(server, "u", { hello: {} });
  await rude.welcomed();
  rude.send({ case: "hello", value: {} });
  rude.send({ case: "ping", value: {} });
  await rude.until(() => rude.pongs === 1);
  await rude.close();
});

test("the list has detached terminals, and one of them can be joined by the owner of the workspace", async () => {
  const server = await start();
  const first = await open(server, "t");
  first.type("mark=kept; echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  const { terminal } = first.welcome;
  await first.close();
  const second = await open(server, "u");
  await eventually(async () => (await second.list()).some(({ state }) => state === TerminalState.DETACHED));
  const response = await fetch(
    `${server.gateway.url}/api/v1/workspaces/${workspaceName}/terminals?state=all`,
  );
  const listed: Array<{ session_id: string; state?: string }> = await response.json();
  expect(listed.map(({ session_id, state }) => [session_id, state])).toContainEqual([terminal, undefined]);
  expect(listed.map(({ state }) => state)).toContain("attached");
  const joined = await open(server, "v", { hello: { terminal } });
  await joined.welcomed();
  expect(joined.welcome.role).toBe(Role.OWNER);
  joined.type("echo mark-$mark\n");
  await joined.shows("mark-kept");
  await joined.close();
  await second.close();
});
