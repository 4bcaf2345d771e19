import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { compressionAlgorithms } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { isRunning } from "../src/process/proc.ts";
import { type BareClient, type BareStream, bareClient, status } from "./bare/client.ts";
import type { WireMessage } from "./bare/wire.ts";
import { startBundle } from "./bundle-fixture.ts";
import { eventually, startGrpcDaemon } from "./fixture.ts";

// What a client that knows nothing but the contract sees: field numbers, metadata, status codes.

const ssh = (method: string) => `/k8shelld.SshService/${method}`;
const system = (method: string) => `/k8shelld.SystemService/${method}`;
const app = (method: string) => `/k8shelld.AppService/${method}`;

const connect = async (changes: Parameters<typeof startGrpcDaemon>[0] = {}) => {
  const daemon = await startGrpcDaemon(changes);
  const { listen, tokenFile } = daemon.config;
  return { ...daemon, bare: bareClient(`unix:${listen}`, tokenFile) };
};

const pty = { cmdShell: 2, usePty: 4, width: 5, height: 6, lockId: 8, detach: 9 };
const shell = (bare: BareClient, id: string, start: WireMessage = [[pty.usePty, true]]) => {
  const call = bare.stream(ssh("Shell"), { "session-id": id });
  call.write([[1, start]]);
  return call;
};
const detachable: WireMessage = [
  [pty.usePty, true],
  [pty.detach, true],
];
const type = (call: BareStream, text: string) => call.write([[3, text]]);
const shows = (call: BareStream, text: string | RegExp) =>
  call.until(() => {
    const output = call.output(2).toString();
    return typeof text === "string" ? output.includes(text) : text.test(output);
  });
const numberIn = (call: BareStream, pattern: RegExp) => Number(pattern.exec(call.output(2).toString())?.[1]);
const sessions = async (bare: BareClient) =>
  (await bare.unary(ssh("ListSessions"))).response.messages(1).map((session) => session.text(1));
const acquire = async (bare: BareClient, id: string) =>
  (await bare.unary(ssh("AcquireSession"), [[1, id]])).response;

const execute = (bare: BareClient, id: string, details: WireMessage) => {
  const call = bare.stream(ssh("Exec"), { "exec-id": id });
  call.write([[1, details]]);
  return call;
};
const exitCode = (call: BareStream) => call.frames.at(-1)?.number(3);

test("the package is k8shelld without a version, and there is no health service", async () => {
  const { bare } = await connect();
  expect((await bare.unary(system("Handshake"))).code).toBe(status.OK);
  for (const path of [
    "/k8shelld.v1.SystemService/Handshake",
    "/grpc.health.v1.Health/Check",
    system("GetBlueprint"),
  ]) {
    expect((await bare.unary(path)).code, path).toBe(status.UNIMPLEMENTED);
  }
});

test("a handshake of an old client with its user token is answered; a refusal is an ordinary answer", async () => {
  const { bare } = await connect();
  const { response } = await bare.unary(system("Handshake"), [
    [1, "0.45.0"],
    [2, "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"],
  ]);
  expect(response.text(1)).toMatch(/^\d+\.\d+\.\d+-\w+$/);
  expect(response.number(2)).toBe(1);
  const refused = await bare.unary(system("Handshake"), [[1, "1.0.0"]]);
  expect(refused.code).toBe(status.OK);
  expect(refused.response.numbers).toEqual([1, 3]);
});

test("without the token nothing is answered, be it unary or a stream", async () => {
  const { config } = await connect();
  const stranger = bareClient(`unix:${config.listen}`);
  expect((await stranger.unary(system("SystemInfo"))).code).toBe(status.UNAUTHENTICATED);
  const call = shell(stranger, "ws-1");
  expect((await call.ended).code).toBe(status.UNAUTHENTICATED);
  expect(call.frames).toEqual([]);
});

test("compressed messages are understood, messages of up to 32 MiB taken, larger ones RESOURCE_EXHAUSTED", async () => {
  const { config } = await connect();
  const gzip = bareClient(`unix:${config.listen}`, config.tokenFile, {
    "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
  });
  expect((await gzip.unary(system("Handshake"), [[1, "0.1.0".repeat(1000)]])).code).toBe(status.OK);
  const bare = bareClient(`unix:${config.listen}`, config.tokenFile);
  const count = execute(bare, "ex-1", [[2, "wc -c"]]);
  count.write([[2, Buffer.alloc(31 << 20)]]);
  count.end();
  await count.ended;
  expect(count.output(1).toString().trim()).toBe(String(31 << 20));
  const tooLarge = execute(bare, "ex-2", [[2, "wc -c"]]);
  tooLarge.write([[2, Buffer.alloc(33 << 20)]]);
  expect((await tooLarge.ended).code).toBe(status.RESOURCE_EXHAUSTED);
});

test("what is no message at all is INTERNAL, and the daemon goes on", async () => {
  const { bare, config } = await connect();
  const broken = Uint8Array.of(0x0a, 0x7f, 0x61);
  const call = bare.stream(ssh("Shell"), { "session-id": "ws-1" });
  call.write([[1, broken]]);
  expect((await call.ended).code).toBe(status.INTERNAL);
  const notUtf8: WireMessage = [[1, Uint8Array.of(0xff, 0xfe)]];
  expect((await bare.unary(system("Handshake"), notUtf8)).code).toBe(status.INTERNAL);
  const other = bareClient(`unix:${config.listen}`, config.tokenFile);
  expect((await other.unary(system("Handshake"))).code).toBe(status.OK);
});

test("system information has RFC 3339 times, and no docker field where there is no engine", async () => {
  const { bare } = await connect();
  const { response } = await bare.unary(system("SystemInfo"));
  expect(response.text(1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(response.messages(2)[0]?.text(1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(response.messages(3).length).toBeGreaterThan(0);
  expect(response.numbers).not.toContain(4);
});

test("pages of the log hold 100 entries unless asked otherwise, oldest first, and tell when there are older ones", async () => {
  const { bare } = await connect();
  for (let count = 0; count < 60; count++) {
    const call = execute(bare, `ex-${count}`, [[2, ":"]]);
    call.end();
    await call.ended;
  }
  const page = async (fields: WireMessage) => {
    const { response } = await bare.unary(system("GetLogsPage"), fields);
    const ids = response.messages(1).map((entry) => entry.number(5) ?? 0);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    return { ids, more: response.number(2) === 1 };
  };
  const newest = await page([]);
  expect(newest.ids).toHaveLength(100);
  expect(newest.more).toBe(true);
  const rest = await page([[3, newest.ids[0] ?? 0]]);
  expect(rest.ids.at(-1)).toBe((newest.ids[0] ?? 0) - 1);
  expect(rest).toMatchObject({ more: false });
  expect((await page([[4, 2]])).ids).toEqual(newest.ids.slice(-2));
  for (const negative of [[3, -1n] as const, [4, -1n] as const]) {
    expect((await bare.unary(system("GetLogsPage"), [negative])).code).toBe(status.INVALID_ARGUMENT);
  }
});

test("the log stream ends after last_n entries, and with follow only when it is cancelled", async () => {
  const { bare } = await connect();
  await execute(bare, "ex-1", [[2, ":"]]).ended;
  const three = bare.serverStream(system("GetLogsStream"), [[4, 2]]);
  expect((await three.ended).code).toBe(status.OK);
  expect(three.frames).toHaveLength(2);
  const following = bare.serverStream(system("GetLogsStream"), [
    [3, true],
    [4, 1],
  ]);
  await eventually(() => following.frames.length === 1);
  await execute(bare, "ex-2", [[2, ":"]]).ended;
  await eventually(() => following.frames.length > 1);
  following.cancel();
  expect((await following.ended).code).toBe(status.CANCELLED);
});

test("the bundle's shell: start_response with the terminal, data, and OK at the end without a code or terminate", async () => {
  const { config } = await startBundle({ splash: "Welcome" });
  const bare = bareClient(`unix:${config.listen}`, config.tokenFile);
  const call = shell(bare, "ws-1", [
    [pty.usePty, true],
    [pty.width, 132],
    [pty.height, 43],
    [3, "GREETING=hi"],
    [99, "of a newer client"],
  ]);
  type(call, "stty size; echo $GREETING $K8SHELL_SESSION_ID; exit 3\n");
  expect((await call.ended).code).toBe(status.OK);
  const [first, second] = call.frames;
  expect(first?.numbers).toEqual([1]);
  expect(first?.messages(1)[0]?.text(1)).toMatch(/^\/dev\/pts\/\d+$/);
  expect(second?.text(2)).toMatch(/^Welcome\r\n/);
  expect(new Set(call.frames.slice(1).flatMap((frame) => frame.numbers))).toEqual(new Set([2]));
  expect(call.output(2).toString()).toMatch(/43 132\r\nhi ws-1\r\n/);
});

test("a shell without session-id is UNKNOWN, an id that is live ALREADY_EXISTS, another user PERMISSION_DENIED", async () => {
  const { bare } = await connect();
  const nameless = bare.stream(ssh("Shell"));
  nameless.write([[1, [[pty.usePty, true]]]]);
  expect((await nameless.ended).code).toBe(status.UNKNOWN);
  const call = shell(bare, "ws-1");
  await call.until(() => call.frames.length > 0);
  expect((await shell(bare, "ws-1").ended).code).toBe(status.ALREADY_EXISTS);
  expect((await shell(bare, "ws-2", [[1, "bob"]]).ended).code).toBe(status.PERMISSION_DENIED);
});

test("half-close destroys a shell even with detach_on_close; nothing of it can be acquired", async () => {
  const { bare } = await connect();
  const call = shell(bare, "ws-1", detachable);
  type(call, "echo pid=$$.\n");
  await shows(call, /pid=\d+\./);
  const pid = numberIn(call, /pid=(\d+)\./);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  await eventually(() => !isRunning(pid));
  const answer = await acquire(bare, "ws-1");
  expect(answer.numbers).toEqual([3]);
  expect(answer.number(3)).toBe(1);
});

test("cancel detaches; attaching again replays, has an empty pty, and does not apply the size of its start", async () => {
  const { bare } = await connect();
  const first = shell(bare, "ws-1", [...detachable, [pty.width, 100], [pty.height, 30]]);
  type(first, "echo mar''ker\n");
  await shows(first, "marker\r\n");
  expect((await acquire(bare, "ws-1")).number(3)).toBe(2);
  first.cancel();
  await eventually(async () => (await sessions(bare)).includes("ws-1"));
  const listed = (await bare.unary(ssh("ListSessions"))).response.messages(1)[0];
  expect([2, 3].map((field) => listed?.text(field))).toEqual(["alice", "/bin/bash"]);
  expect(listed?.number(4)).toBeGreaterThan(1);
  for (const field of [5, 6]) expect(listed?.text(field)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

  const lock = await acquire(bare, "ws-1");
  expect(lock.number(1)).toBe(1);
  expect(lock.text(2)).toMatch(/^lk-[0-9a-f]{16}$/);
  expect(await sessions(bare)).toEqual([]);
  expect((await acquire(bare, "ws-1")).number(3)).toBe(2);

  const lockId: WireMessage = [[pty.lockId, lock.text(2) ?? ""]];
  expect((await shell(bare, "ws-1", lockId).ended).code).toBe(status.INVALID_ARGUMENT);
  const second = shell(bare, "ws-1", [...detachable, ...lockId, [pty.width, 40], [pty.height, 10]]);
  await shows(second, "marker\r\n");
  expect(second.frames[0]?.numbers).toEqual([1]);
  expect(second.frames[0]?.bytes(1)).toHaveLength(0);
  type(second, "stty size\n");
  await shows(second, "30 100");
  const size: WireMessage = [
    [2, 90],
    [3, 20],
  ];
  expect((await bare.unary(ssh("ResizeTerminal"), size, { "session-id": "ws-1" })).code).toBe(status.OK);
  type(second, "stty size\n");
  await shows(second, "20 90");
  expect((await shell(bare, "ws-1", [...detachable, ...lockId]).ended).code).toBe(status.NOT_FOUND);
});

test("the end of the connection, and of a deadline, detach as a cancel does", async () => {
  const { bare, config } = await connect();
  const other = bareClient(`unix:${config.listen}`, config.tokenFile);
  const lost = shell(other, "ws-1", detachable);
  await lost.until(() => lost.frames.length > 0);
  other.close();
  lost.cancel();
  const late = bare.stream(ssh("Shell"), { "session-id": "ws-2" }, 700);
  late.write([[1, detachable]]);
  expect((await late.ended).code).toBe(status.DEADLINE_EXCEEDED);
  await eventually(async () => (await sessions(bare)).length === 2);
});

test("attaching again needs some session-id, and the shell keeps its original one", async () => {
  const { bare } = await connect();
  const first = shell(bare, "ws-1", detachable);
  await first.until(() => first.frames.length > 0);
  first.cancel();
  await eventually(async () => (await sessions(bare)).includes("ws-1"));
  const lockId: WireMessage = [[pty.lockId, (await acquire(bare, "ws-1")).text(2) ?? ""]];
  const nameless = bare.stream(ssh("Shell"));
  nameless.write([[1, [...detachable, ...lockId]]]);
  expect((await nameless.ended).code).toBe(status.UNKNOWN);
  const second = shell(bare, "ws-2", [...detachable, ...lockId]);
  type(second, "echo id=$K8SHELL_SESSION_ID.\n");
  await shows(second, "id=ws-1.");
  expect((await bare.unary(ssh("GetCWD"), [[1, "ws-1"]])).code).toBe(status.OK);
  expect((await bare.unary(ssh("GetCWD"), [[1, "ws-2"]])).code).toBe(status.NOT_FOUND);
});

test("a cancel whose reset comes a moment after the end of the requests, as Node's clients send it, is a cancel", async () => {
  const { bare } = await connect();
  const call = shell(bare, "ws-1", detachable);
  await call.until(() => call.frames.length > 0);
  call.end();
  await new Promise((resolve) => setTimeout(resolve, 20));
  call.cancel();
  expect((await call.ended).code).toBe(status.CANCELLED);
  await eventually(async () => (await sessions(bare)).includes("ws-1"));
});

test("a session without a terminal cannot be acquired, and that reason is number 0", async () => {
  const { bare } = await connect();
  const call = shell(bare, "sh-1", [[pty.detach, true]]);
  await call.until(() => call.frames.length > 0);
  expect(call.frames[0]?.bytes(1)).toHaveLength(0);
  expect((await acquire(bare, "sh-1")).numbers).toEqual([]);
});

test("Ctrl+A d typed in two frames ends the stream in order and leaves the shell", async () => {
  const { bare } = await connect();
  const call = shell(bare, "ws-1");
  await call.until(() => call.frames.length > 1);
  type(call, "\x01");
  type(call, "d");
  expect((await call.ended).code).toBe(status.OK);
  expect(await sessions(bare)).toEqual(["ws-1"]);
});

test("a workspace without detaching refuses it in every way with PERMISSION_DENIED, and plain shells work", async () => {
  const { bare } = await connect({ shells: { allowSessionDetach: false, detachTimeoutSeconds: 1800 } });
  expect((await shell(bare, "ws-1", detachable).ended).code).toBe(status.PERMISSION_DENIED);
  for (const method of ["AcquireSession", "ListSessions"]) {
    expect((await bare.unary(ssh(method), [[1, "ws-1"]])).code).toBe(status.PERMISSION_DENIED);
  }
  const call = shell(bare, "ws-1");
  type(call, "echo wor''ks\n");
  await shows(call, "works");
});

test("a shell asked for its directory at once is in the home directory", async () => {
  const { bare, home } = await connect();
  for (let count = 0; count < 5; count++) {
    const call = shell(bare, `ws-${count}`);
    await call.until(() => call.frames.length > 0);
    expect((await bare.unary(ssh("GetCWD"), [[1, `ws-${count}`]])).response.text(1)).toBe(home);
  }
});

test("sizes a terminal cannot have are swallowed; a shell that is not there is NOT_FOUND", async () => {
  const { bare } = await connect();
  const call = shell(bare, "ws-1");
  await call.until(() => call.frames.length > 0);
  const resize = async (id: string, width: number, height: number) => {
    const size: WireMessage = [
      [2, width],
      [3, height],
    ];
    return (await bare.unary(ssh("ResizeTerminal"), size, { "session-id": id })).code;
  };
  expect(await resize("ws-1", 0, 0)).toBe(status.OK);
  expect(await resize("ws-1", 4_000_000_000, 70_000)).toBe(status.OK);
  expect(await resize("ws-2", 80, 24)).toBe(status.NOT_FOUND);
  expect((await bare.unary(ssh("GetCWD"))).code).toBe(status.INVALID_ARGUMENT);
  expect((await bare.unary(ssh("GetCWD"), [[1, "ws-2"]])).code).toBe(status.NOT_FOUND);
});

test("terminal output comes in frames of at most 32 KiB, and input may come in larger ones", async () => {
  const { bare } = await connect();
  const call = shell(bare, "ws-1");
  type(
    call,
    "stty raw -echo; echo rea''dy; head -c 300000 | wc -c; head -c 1000000 /dev/zero; echo; echo do''ne\n",
  );
  await shows(call, "ready");
  type(call, "x".repeat(300_000));
  await shows(call, "done");
  expect(call.output(2).includes("300000")).toBe(true);
  expect(Math.max(...call.frames.map((frame) => frame.bytes(2)?.length ?? 0))).toBeLessThanOrEqual(32 * 1024);
});

test("the bundle's exec: outputs in frames of at most 4096 bytes, then the exit code, even 0, then OK", async () => {
  const { config } = await startBundle();
  const bare = bareClient(`unix:${config.listen}`, config.tokenFile);
  const call = execute(bare, "ex-1", [
    [2, "head -c 20000 /dev/zero; echo $V >&2; cat"],
    [4, "V=w"],
    [5, true],
    [6, 80],
    [7, 24],
  ]);
  call.write([[4, [[1, 80]]]]);
  call.write([[2, "from standard input"]]);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  expect(call.frames.at(-1)?.numbers).toEqual([3]);
  expect(exitCode(call)).toBe(0);
  expect(call.frames.slice(0, -1).every((frame) => frame.numbers[0] !== 3)).toBe(true);
  for (const field of [1, 2])
    for (const frame of call.frames) expect(frame.bytes(field)?.length ?? 0).toBeLessThanOrEqual(4096);
  expect(call.output(1).subarray(20_000).toString()).toBe("from standard input");
  expect(call.output(2).toString()).toBe("w\n");
  expect((await execute(bare, "ex-1", [[2, "true"]]).ended).code).toBe(status.ALREADY_EXISTS);
});

test.each([
  ["a command that is not there", [[2, "no-such-command-here"]], 127],
  ["a file that may not be executed", [[2, "/etc/passwd"]], 126],
  [
    "a shell that is not there",
    [
      [2, "true"],
      [3, "/no/shell"],
    ],
    127,
  ],
  ["its own end by a signal", [[2, "kill -TERM $$"]], 143],
  ["a negative-looking code", [[2, "exit 255"]], 255],
] as const)("the exit code of %s, without an error of the stream", async (_, details, code) => {
  const { bare } = await connect();
  const call = execute(bare, "ex-1", details);
  expect((await call.ended).code).toBe(status.OK);
  expect(exitCode(call)).toBe(code);
});

test("a signal ends the command with 128 and its number, and what is typed after it is not read", async () => {
  const { bare, home } = await connect();
  const call = execute(bare, "ex-1", [
    [2, "trap 'sleep 0.3; exit 9' USR1; echo up; while read l; do touch $l; done; sleep 60"],
  ]);
  await call.until(() => call.output(1).includes("up"));
  call.write([[3, "TERM"]]);
  call.write([[2, "late\n"]]);
  await call.ended;
  expect(exitCode(call)).toBe(143);
  expect(existsSync(join(home, "late"))).toBe(false);
});

test("an exec must have an id, and must begin with its command", async () => {
  const { bare } = await connect();
  const nameless = bare.stream(ssh("Exec"));
  nameless.write([[1, [[2, "true"]]]]);
  expect((await nameless.ended).code).toBe(status.UNKNOWN);
  const headless = bare.stream(ssh("Exec"), { "exec-id": "ex-2" });
  headless.write([[2, "true\n"]]);
  expect((await headless.ended).code).toBe(status.INVALID_ARGUMENT);
});

test("SFTP is Exec of /usr/local/bin/sftp: bytes cut anywhere, the home directory, exit code 0 after the half-close", async () => {
  const { bare, home } = await connect();
  const call = execute(bare, "ex-1", [[2, "/usr/local/bin/sftp"]]);
  const packet = (kind: number, body: Uint8Array) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(body.length + 1);
    head[4] = kind;
    return Buffer.concat([head, body]);
  };
  const version3 = Buffer.from([0, 0, 0, 3]);
  const realpathOfDot = Buffer.from([0, 0, 0, 7, 0, 0, 0, 1, 0x2e]);
  for (const byte of Buffer.concat([packet(1, version3), packet(16, realpathOfDot)])) {
    call.write([[2, Uint8Array.of(byte)]]);
  }
  await call.until(() => call.output(1).includes(home));
  const output = call.output(1);
  expect(output[4]).toBe(2);
  expect(output.readUInt32BE(5)).toBe(3);
  const answer = output.subarray(4 + output.readUInt32BE(0));
  expect(answer[4]).toBe(104);
  expect(answer.readUInt32BE(5)).toBe(7);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  expect(exitCode(call)).toBe(0);
});

const listen = async (onConnection: Parameters<typeof createServer>[1]) => {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};
const forward = (bare: BareClient, host: string, port: number) => {
  const call = bare.stream(ssh("PortForward"), { "portforward-id": "pf-1" });
  call.write([
    [
      1,
      [
        [1, host],
        [2, port],
      ],
    ],
  ]);
  return call;
};

test("a forward is silent until the target speaks, its id need not be unique, and the target's end ends it with OK", async () => {
  const { bare } = await connect();
  const port = await listen((socket) => {
    socket.on("data", (data) => socket.end(`echo ${data}`));
  });
  const calls = [forward(bare, "localhost", port), forward(bare, "127.0.0.1", port)];
  for (const call of calls) {
    call.write([[2, "x"]]);
    expect((await call.ended).code).toBe(status.OK);
    expect(call.frames.flatMap((frame) => frame.numbers)).toEqual([1]);
    expect(call.output(1).toString()).toBe("echo x");
  }
});

test("a forward to nobody is UNAVAILABLE at once", async () => {
  const { bare } = await connect();
  expect((await forward(bare, "localhost", 1).ended).code).toBe(status.UNAVAILABLE);
  expect((await forward(bare, "no-such-host.invalid", 80).ended).code).toBe(status.UNAVAILABLE);
});

test("a forward has no half-close: the client's end closes the whole of it", async () => {
  const { bare } = await connect();
  let received = "";
  const port = await listen((socket) => {
    // Does not answer the other side's end with its own.
    socket.on("data", (data) => {
      received += data;
    });
    socket.on("error", () => {});
    socket.write("hello");
  });
  const call = forward(bare, "localhost", port);
  await call.until(() => call.output(1).includes("hello"));
  call.write([[2, "last words"]]);
  call.end();
  expect((await call.ended).code).toBe(status.OK);
  await eventually(() => received === "last words");
});

test("LISTEN is mode 0, which is not written: such a socket can be dialled with mode 1", async () => {
  const { bare, directory } = await connect();
  const path = join(directory, "agent.sock");
  const listener = bare.stream(ssh("UnixSocket"), { "unixsocket-id": "ux-1" });
  listener.write([[1, [[2, path]]]]);
  await eventually(() => existsSync(path));
  const dialler = bare.stream(ssh("UnixSocket"), { "unixsocket-id": "ux-2" });
  dialler.write([
    [
      1,
      [
        [1, 1],
        [2, path],
      ],
    ],
  ]);
  dialler.write([[2, "question"]]);
  await listener.until(() => listener.output(1).toString() === "question");
  listener.write([[2, "answer"]]);
  await dialler.until(() => dialler.output(1).toString() === "answer");
  listener.end();
  expect((await listener.ended).code).toBe(status.OK);
  expect((await dialler.ended).code).toBe(status.OK);
});

test("apps have the documented status words and codes, and lines of their logs have no newline", async () => {
  const web = {
    name: "web",
    enabled: true,
    binary: "",
    start: ["/bin/sh", "-c", "echo one; echo two; sleep 60"],
    listen: 0,
    restartPolicy: "never" as const,
    autoStart: false,
    protocol: "http",
  };
  const { bare } = await connect({ apps: [web] });
  const statusOf = async () => (await bare.unary(app("ListApps"))).response.messages(1)[0]?.text(2);
  const [listed] = (await bare.unary(app("ListApps"))).response.messages(1);
  expect([1, 2, 3].map((field) => listed?.text(field))).toEqual(["web", "STOPPED", "N/A"]);
  const code = async (method: string, name: string) => (await bare.unary(app(method), [[1, name]])).code;
  for (const method of ["InstallApp", "StartApp", "StopApp", "GetLogs"]) {
    expect(await code(method, ""), method).toBe(status.INVALID_ARGUMENT);
    expect(await code(method, "other"), method).toBe(status.NOT_FOUND);
  }
  expect(await code("StopApp", "web")).toBe(status.FAILED_PRECONDITION);
  expect((await bare.unary(app("GetLogs"), [[1, "web"]])).response.numbers).toEqual([]);
  expect((await bare.serverStream(app("GetLogsStream"), [[1, "web"]]).ended).code).toBe(status.NOT_FOUND);
  expect(await code("StartApp", "web")).toBe(status.OK);
  await eventually(async () => (await statusOf()) === "RUNNING");
  expect(await code("StartApp", "web")).toBe(status.FAILED_PRECONDITION);
  const log = bare.serverStream(app("GetLogsStream"), [[1, "web"]]);
  await eventually(() => log.frames.length >= 2);
  expect(log.frames.slice(0, 2).map((frame) => frame.text(1))).toEqual(["one", "two"]);
  expect(await code("StopApp", "web")).toBe(status.OK);
  expect((await log.ended).code).toBe(status.OK);
  expect(await statusOf()).toBe("STOPPED");
});
