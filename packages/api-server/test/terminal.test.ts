import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, type WorkspacedConfig } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { createSession } from "@k8shell/platform/session/index.ts";
import { inProcessChannel } from "@k8shell/rpc";
import fc from "fast-check";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { Principal } from "../src/auth/principal.ts";
import { interactiveRoutes } from "../src/routes/interactive.ts";
import { openTerminal } from "./terminal-client.ts";
import {
  alice,
  eventually,
  forbid,
  startDaemon,
  startGateway,
  type TestDaemon,
  type TestGatewayOptions,
  watchMemory,
  workspaceName,
} from "./workspace-fixture.ts";

/** Session service and KV, as the gateway of one machine has them. */
const startServices = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "terminal-"));
  const identity = inProcessChannel([]).client(IdentityService);
  const sessions = await createSession({ dataDir, identity, log: silentLog });
  const kv = sqliteKv({ file: join(dataDir, "kv.db") });
  onTestFinished(async () => {
    await sessions.close();
    await kv.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const session = inProcessChannel(sessions.registrations).client(SessionService);
  return { session, terminals: await kv.bucket("terminals") };
};

type Services = Awaited<ReturnType<typeof startServices>>;

interface StartOptions extends Partial<Omit<TestGatewayOptions, "routes" | "daemon">> {
  daemon?: TestDaemon;
  services?: Services;
  config?: Partial<WorkspacedConfig>;
  terminalsPerWorkspace?: number;
  sessionRefreshMs?: number;
}

const start = async ({ config, terminalsPerWorkspace, sessionRefreshMs, ...options }: StartOptions = {}) => {
  const daemon = options.daemon ?? (await startDaemon(config));
  const services = options.services ?? (await startServices());
  let idle = async () => {};
  const gateway = await startGateway({
    ...options,
    daemon,
    routes(workspaces) {
      const interactive = interactiveRoutes({
        workspaces,
        ...services,
        terminalsPerWorkspace,
        sessionRefreshMs,
        log: pino({ level: "silent" }),
      });
      idle = interactive.idle;
      return interactive.routes;
    },
  });
  const urlOf = (query: Record<string, string> = {}) =>
    `${gateway.url}/api/v1/workspaces/${workspaceName}/interactive?${new URLSearchParams(query)}`;
  const open = (query: Record<string, string> = {}, headers?: Record<string, string>) =>
    openTerminal(urlOf(query), { headers });
  const records = async () => (await services.session.getSessions({ workspace: workspaceName })).sessions;
  return { daemon, services, gateway, open, urlOf, records, idle: () => idle() };
};

const refusal = async (
  url: string,
  protocols: string[] = ["cloudshell-v1"],
  headers: Record<string, string> = {},
) =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), protocols, { headers });
    socket.once("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on("error", () => {});
    socket.once("open", () => reject(new Error("opened")));
  });

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

test("a shell attached by somebody else is waited for, and then refused clearly", async () => {
  const { daemon, services, open } = await start();
  const first = await open({ tab: "t" });
  first.type("echo ready-$((0 + 1))\n");
  await first.shows("ready-1");
  // Another replica of the server: it shares the records, not the connections.
  const replica = await start({ daemon, services });
  const second = await replica.open({ tab: "t" });
  expect(await second.closed).toEqual({ code: 4002, reason: "in use" });
  expect(second.errors).toEqual(["This terminal is open elsewhere. Close it there and try again."]);
  const third = await replica.open({ tab: "t" });
  await first.close();
  third.type("echo mine-$((1 + 1))\n");
  await third.shows("mine-2");
  await third.close();
}, 40_000);

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

test("the explorer lists, makes and removes, relative to the home directory or anywhere", async () => {
  const { open, daemon } = await start();
  const { home } = daemon;
  mkdirSync(join(home, "docs"));
  writeFileSync(join(home, "docs", "b.txt"), "12345");
  writeFileSync(join(home, "docs", ".hidden"), "");
  mkdirSync(join(home, "docs", "a"));
  symlinkSync("a", join(home, "docs", "link"));
  symlinkSync("nowhere", join(home, "docs", "broken"));
  const terminal = await open();
  const listed = await terminal.explore({ case: "listFiles", value: { path: "docs" } });
  if (listed?.case !== "listFiles") throw new Error("no listing");
  expect(listed.value.error).toBeUndefined();
  expect(listed.value.files).toMatchObject(
    [
      { name: "a", path: join(home, "docs/a"), isDir: true, mode: "drwxr-xr-x" },
      { name: "link", isDir: true },
      { name: "b.txt", path: join(home, "docs/b.txt"), isDir: false, size: 5n, mode: "-rw-r--r--" },
      { name: "broken", isDir: false },
    ].sort((a, b) => (a.isDir === b.isDir ? (a.name < b.name ? -1 : 1) : a.isDir ? -1 : 1)),
  );
  expect(listed.value.files[0]?.modTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const all = await terminal.explore({
    case: "listFiles",
    value: { path: join(home, "docs"), showHidden: true },
  });
  expect(all?.case === "listFiles" && all.value.files.map(({ name }) => name)).toContain(".hidden");

  const made = await terminal.explore({ case: "makeDirectory", value: { path: "docs", name: "made" } });
  expect(made?.case === "makeDirectory" && made.value.error).toBeUndefined();
  expect(existsSync(join(home, "docs/made"))).toBe(true);
  const removed = await terminal.explore({ case: "remove", value: { path: "docs" } });
  expect(removed?.case === "remove" && removed.value.error).toBeUndefined();
  expect(readdirSync(home)).not.toContain("docs");
  await terminal.close();
});

test("the explorer tells what went wrong, and the terminal goes on", async () => {
  const { open, daemon } = await start();
  writeFileSync(join(daemon.home, "file"), "");
  const terminal = await open();
  const told = async (command: Parameters<typeof terminal.explore>[0]) => {
    const answer = await terminal.explore(command);
    return answer?.value && "error" in answer.value ? answer.value.error : undefined;
  };
  expect(await told({ case: "listFiles", value: { path: "missing" } })).toBe(
    "There is no such file or directory.",
  );
  expect(await told({ case: "listFiles", value: { path: "file" } })).toBe(
    "There is no such file or directory.",
  );
  expect(await told({ case: "listFiles", value: { path: "a\0b" } })).toContain("NUL");
  expect(await told({ case: "makeDirectory", value: { path: "", name: "file" } })).toContain(
    "already something",
  );
  for (const name of ["", ".", "..", "a/b", "x\0"]) {
    expect(await told({ case: "makeDirectory", value: { path: "", name } })).toBeTruthy();
  }
  for (const path of ["/", "//", ".", "./", "..", "~", daemon.home, `${daemon.home}/`, "a/..", ""]) {
    expect(await told({ case: "remove", value: { path } })).toBeTruthy();
  }
  expect(existsSync(join(daemon.home, "file"))).toBe(true);
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  await terminal.close();
});

test("the explorer knows the directory of the shell", async () => {
  const { open } = await start();
  const terminal = await open();
  terminal.type("cd /usr/lib && echo there-$((1 + 1))\n");
  await terminal.shows("there-2");
  expect(await terminal.explore({ case: "getCwd", value: {} })).toMatchObject({
    case: "getCwd",
    value: { path: "/usr/lib" },
  });
  await terminal.close();
});

test("who may not use files keeps the terminal, and is asked about once", async () => {
  const asked: string[] = [];
  const { open } = await start({
    authorize(action) {
      asked.push(`${action.action} ${action.scope} ${JSON.stringify(action.context)}`);
      forbid("workspace:connect:webfiles")(action);
    },
  });
  const terminal = await open();
  for (let turn = 0; turn < 3; turn++) {
    const answer = await terminal.explore({ case: "listFiles", value: { path: "" } });
    expect(answer).toMatchObject({ case: "listFiles", value: { files: [], error: "no" } });
  }
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  expect(asked).toEqual([
    'workspace:connect workspace:connect:webshell {"type":"webshell"}',
    'session:start workspace:connect:webshell {"session_type":"shell","session_source":"api-server"}',
    'workspace:connect workspace:connect:webfiles {"type":"webfiles"}',
  ]);
  await terminal.close();
});

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
  const gateway = await startGateway({
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
}, 60_000);

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
  let before: string | undefined;
  await eventually(async () => {
    const last = before;
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return last === before;
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
}, 60_000);

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
}, 60_000);
