import { expect, test } from "vitest";
import { isRunning } from "../../src/process/proc.ts";
import { bareClient, status } from "../bare/client.ts";
import {
  acquire,
  connect,
  detachable,
  numberIn,
  pty,
  sessions,
  shell,
  shows,
  ssh,
  type,
} from "../bare/daemon.ts";
import type { WireMessage } from "../bare/wire.ts";
import { startBundle } from "../bundle-fixture.ts";
import { eventually } from "../fixture.ts";

// What a client that knows nothing but the contract sees: field numbers, metadata, status codes.

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
