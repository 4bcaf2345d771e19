import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { decode, encode, type WireMessage } from "../../../../workspaced/test/bare/wire.ts";
import { openTerminal } from "../../terminal-client.ts";
import { openTerminalV2 } from "../../terminal-v2-client.ts";
import { type BarePlatform, startBarePlatform } from "./bare-platform.ts";
import type { BareCall } from "./bare-services.ts";

let platform: BarePlatform;
beforeAll(async () => {
  platform = await startBarePlatform();
});
afterAll(() => platform?.close());
afterEach(() => {
  platform.obligations = {};
  platform.take();
});

const ssh = (rpc: string) => `/k8shelld.SshService/${rpc}`;
const recording = (rpc: string) => `/session.v1.RecordingService/${rpc}`;

/** What terminals need besides: HandshakeResponse { 1 server_version, 2 accepted }, UpsertSession and EndSession. */
const around: Readonly<Record<string, WireMessage>> = {
  "/k8shelld.SystemService/Handshake": [
    [1, "0.45.0-abc"],
    [2, true],
  ],
  "/session.v1.SessionService/UpsertSession": [],
  "/session.v1.SessionService/EndSession": [],
};
const answer = (answers: Readonly<Record<string, readonly WireMessage[]>>) => {
  const others = Object.entries(around).map(([path, message]) => [path, { messages: [message] }]);
  const own = Object.entries(answers).map(([path, messages]) => [path, { messages }]);
  platform.answers = Object.fromEntries([...others, ...own]);
};

/** The first call of an rpc, when it is there. */
const callOf = async (service: "k8shelld" | "session", path: string): Promise<BareCall> => {
  const find = () => platform.services[service].calls.find((call) => call.path === path);
  await expect.poll(find).toBeDefined();
  const call = find();
  if (!call) throw new Error("it was there");
  return call;
};
const hexOf = (messages: readonly Buffer[]) => messages.map((message) => message.toString("hex"));
const written = (...messages: readonly WireMessage[]) => hexOf(messages.map(encode));

const headers = () => ({ authorization: `Bearer ${platform.jwt}` });
const interactive = () => `${platform.url}/api/v1/workspaces/bob-97ed438/interactive`;
/** ShellResponse { 1 start_response { 1 pty }, 2 data }. */
const prompt: readonly WireMessage[] = [[[1, [[1, "/dev/pts/0"]]]], [[2, "$ "]]];

test("a detached shell is acquired, attached to with the lock, and then resized under its own id", async () => {
  answer({
    // AcquireSessionResponse { 1 success, 2 lock_id }.
    [ssh("AcquireSession")]: [
      [
        [1, true],
        [2, "lk-0123456789abcdef"],
      ],
    ],
    [ssh("Shell")]: prompt,
    [ssh("ResizeTerminal")]: [[]],
  });
  const terminal = await openTerminalV2(`${interactive()}?cols=132&rows=43`, {
    hello: { terminal: "ws-before" },
    headers: headers(),
  });
  await terminal.shows("$ ");

  const acquire = await callOf("k8shelld", ssh("AcquireSession"));
  // AcquireSessionRequest { 1 session_id }.
  expect(hexOf(acquire.messages)).toEqual(written([[1, "ws-before"]]));
  const shell = await callOf("k8shelld", ssh("Shell"));
  expect(shell.metadata).toMatchObject({ "session-id": "ws-before" });
  // ShellStartRequest { 4 usePty, 8 lock_id, 9 detach_on_close }.
  const [start] = decode(shell.messages[0] ?? Buffer.alloc(0)).messages(1);
  expect([start?.number(4), start?.text(8), start?.number(9)]).toEqual([1, "lk-0123456789abcdef", 1]);
  const resize = await callOf("k8shelld", ssh("ResizeTerminal"));
  expect(resize.metadata).toMatchObject({
    "session-id": "ws-before",
    authorization: "Bearer token-for-k8shelld",
  });
  // ResizeTerminalRequest { 2 width, 3 height }.
  expect(hexOf(resize.messages)).toEqual(
    written([
      [2, 132],
      [3, 43],
    ]),
  );
  await terminal.close();
});

test.each([
  ["not found", 1],
  ["not attachable, without a reason", 0],
])("a shell that is %s cannot be joined", async (_why, reason) => {
  // AcquireSessionResponse { 3 failure_reason }.
  answer({ [ssh("AcquireSession")]: [reason === 0 ? [] : [[3, reason]]] });
  const terminal = await openTerminalV2(interactive(), {
    hello: { terminal: "ws-gone" },
    headers: headers(),
  });
  expect(await terminal.closed).toMatchObject({ code: 4004 });
  expect(platform.take().all.map(({ path }) => path)).not.toContain(ssh("Shell"));
});

test("messages of kinds that a newer daemon knows are passed over, wherever they stand", async () => {
  const newer: WireMessage = [[400, "new"]];
  answer({
    [ssh("Shell")]: [
      ...prompt,
      newer,
      [],
      newer,
      [
        [2, "more "],
        [401, 7],
      ],
      [[2, "output"]],
    ],
    [ssh("Exec")]: [
      newer,
      [
        [1, "out"],
        [402, "x"],
      ],
      [],
      [[2, "err"]],
      newer,
      [[3, 0]],
    ],
    [ssh("PortForward")]: [
      newer,
      [
        [403, 1],
        [1, "220 "],
      ],
      [],
      [[1, "ready"]],
    ],
  });
  const terminal = await openTerminal(`${interactive()}?tab=newer`, { headers: headers() });
  await terminal.shows("$ more output");
  await terminal.close();
  const response = await platform.request("POST", "/workspaces/bob-97ed438/exec", { command: "x" });
  expect(await response.json()).toMatchObject({ stdout: "out", stderr: "err", exitCode: 0 });
  const url = `${platform.url}/api/v1/workspaces/bob-97ed438/ports/8080/forward`;
  const socket = new WebSocket(url.replace("http", "ws"), "k8shell-forward-v1", { headers: headers() });
  let received = "";
  socket.on("message", (data: Buffer) => {
    received += String(data);
  });
  await expect.poll(() => received).toBe("220 ready");
  socket.close();
});

test("the directory of a shell is asked for by the shell's id", async () => {
  answer({
    [ssh("Shell")]: prompt,
    // GetCWDResponse { 1 path }.
    [ssh("GetCWD")]: [[[1, "/srv/data"]]],
  });
  const terminal = await openTerminal(`${interactive()}?tab=directory`, { headers: headers() });
  await terminal.shows("$ ");
  expect(await terminal.explore({ case: "getCwd", value: {} })).toMatchObject({
    case: "getCwd",
    value: { path: "/srv/data" },
  });
  const shell = await callOf("k8shelld", ssh("Shell"));
  const asked = await callOf("k8shelld", ssh("GetCWD"));
  // GetCWDRequest { 1 shell_id }.
  expect(hexOf(asked.messages)).toEqual(written([[1, String(shell.metadata["session-id"])]]));
  await terminal.close();
});

test("a forward begins with its destination, and everything behind it is data both ways", async () => {
  answer({
    // PortForwardResponse { 1 data }.
    [ssh("PortForward")]: [[[1, "220 ready"]]],
  });
  const url = `${platform.url}/api/v1/workspaces/bob-97ed438/ports/8080/forward`;
  const socket = new WebSocket(url.replace("http", "ws"), "k8shell-forward-v1", { headers: headers() });
  const received = once(socket, "message");
  await once(socket, "open");
  const [greeting] = (await received) as [Buffer];
  expect(greeting.toString()).toBe("220 ready");
  socket.send(Buffer.from("HELO\r\n"));

  const call = await callOf("k8shelld", ssh("PortForward"));
  expect(call.metadata).toMatchObject({
    "portforward-id": expect.stringMatching(/^rp-[0-9a-f]+$/),
    authorization: "Bearer token-for-k8shelld",
  });
  // PortForwardRequest { 1 destination { 1 ip, 2 port } | 2 data }.
  const wanted = written(
    [
      [
        1,
        [
          [1, "localhost"],
          [2, 8080],
        ],
      ],
    ],
    [[2, "HELO\r\n"]],
  );
  await expect.poll(() => hexOf(call.messages)).toEqual(wanted);
  socket.close();
});

test("a recording is a header, chunks and resizes in one stream, and is ended by its connection", async () => {
  platform.obligations = { record: "shell" };
  answer({
    [ssh("Shell")]: prompt,
    [ssh("ResizeTerminal")]: [[]],
    [recording("StreamShellRecording")]: [[]],
    [recording("EndRecordingSession")]: [[]],
  });
  const before = Math.floor(Date.now() / 1000);
  const terminal = await openTerminal(`${interactive()}?tab=recorded&cols=100&rows=30`, {
    headers: headers(),
  });
  await terminal.shows("$ ");
  terminal.resize(90, 20);
  await callOf("k8shelld", ssh("ResizeTerminal"));
  await terminal.close();

  const ended = await callOf("session", recording("EndRecordingSession"));
  const stream = await callOf("session", recording("StreamShellRecording"));
  const frames = stream.messages.map((message) => decode(message));
  // ShellRecordingFrame { 1 header { 1 session_id, 2 user_token, 3 started_at, 4 width, 5 height, 6 connection_id } }.
  const [header] = frames[0]?.messages(1) ?? [];
  const connection = header?.text(6);
  expect([header?.text(2), header?.number(4), header?.number(5)]).toEqual([platform.jwt, 100, 30]);
  expect(header?.number(3)).toBeGreaterThanOrEqual(before);
  expect([header?.text(1), connection]).toEqual([expect.any(String), expect.stringMatching(/./)]);
  // { 2 chunk { 1 time_offset_ms, 2 data, 3 direction } }: output is direction 0, which is not written.
  const chunks = frames.flatMap((frame) => frame.messages(2));
  expect(chunks.map((chunk) => chunk.text(2)).join("")).toBe("$ ");
  expect(chunks.map((chunk) => chunk.number(3))).toEqual(chunks.map(() => undefined));
  // { 3 resize { 1 time_offset_ms, 2 width, 3 height } }.
  const sizes = frames.flatMap((frame) => frame.messages(3));
  expect(sizes.map((size) => [size.number(2), size.number(3)])).toContainEqual([90, 20]);
  // EndRecordingSessionRequest { 1 connection_id, 2 end_time }.
  const [request] = ended.messages;
  const endTime = decode(request ?? Buffer.alloc(0)).number(2) ?? 0;
  expect(hexOf(ended.messages)).toEqual(
    written([
      [1, String(connection)],
      [2, endTime],
    ]),
  );
  expect(endTime).toBeGreaterThanOrEqual(header?.number(3) ?? Number.POSITIVE_INFINITY);
});
