import { mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Direction, RecordingService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { Code, inProcessChannel, RpcError } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { createRecordingFiles } from "../../src/session/recordings/recording-files.ts";
import { recordingService } from "../../src/session/recordings/recording-service.ts";

const tokenOf = (sub: string) =>
  ["{}", JSON.stringify({ sub }), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");

const start = async (maxBytes?: number) => {
  const directory = await mkdtemp(join(tmpdir(), "recordings-"));
  const files = createRecordingFiles(directory);
  const channel = inProcessChannel([
    { service: RecordingService, implementation: recordingService({ files, maxBytes }) },
  ]);
  onTestFinished(async () => {
    await channel.close();
    await rm(directory, { recursive: true });
  });
  return { directory, files, client: channel.client(RecordingService) };
};

type Client = Awaited<ReturnType<typeof start>>["client"];
type Frame = Parameters<Client["streamShellRecording"]>[0] extends AsyncIterable<infer F> ? F : never;

const header = (more: object = {}): Frame => ({
  payload: {
    case: "header",
    value: {
      sessionId: "session-1",
      userToken: tokenOf("alice"),
      startedAt: 1_700_000_000n,
      width: 80,
      height: 24,
      connectionId: "session-1",
      ...more,
    },
  },
});
const chunk = (at: number, data: Uint8Array | string, direction = Direction.OUTPUT): Frame => ({
  payload: { case: "chunk", value: { timeOffsetMs: BigInt(at), data: Buffer.from(data), direction } },
});
const resize = (at: number, width: number, height: number): Frame => ({
  payload: { case: "resize", value: { timeOffsetMs: BigInt(at), width, height } },
});
async function* of(frames: readonly Frame[]) {
  yield* frames;
}
const lines = async (path: string) =>
  (await readFile(path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: unknown) => (error instanceof RpcError ? error.code : error),
  );

test.each([1_700_000_000n, 1_700_000_000_999n, 1_700_000_000_999_999n, 1_700_000_000_999_999_999n])(
  "a recording that began at %i began in that second, in whatever parts of it that is counted",
  async (startedAt) => {
    const { directory, client } = await start();
    await client.streamShellRecording(of([header({ startedAt }), chunk(1, "x")]));
    const [written] = await lines(join(directory, "alice", "shell", "session-1.cast"));
    expect(written).toMatchObject({ timestamp: 1_700_000_000 });
  },
);

test("a terminal is written as asciicast v2, with characters that were cut made whole", async () => {
  const { directory, files, client } = await start();
  const euro = Buffer.from("€");
  const frames = [
    header(),
    chunk(10, "hello\r\n"),
    chunk(20, euro.subarray(0, 1)),
    chunk(25, "ls\r", Direction.INPUT),
    chunk(30, euro.subarray(1)),
    resize(40, 100, 30),
    chunk(35, "late"),
    chunk(2500, Buffer.of(0xff)),
  ];
  await client.streamShellRecording(of(frames));
  await client.endRecordingSession({ connectionId: "session-1", endTime: 1n });
  expect(await lines(join(directory, "alice/shell/session-1.cast"))).toEqual([
    { version: 2, width: 80, height: 24, timestamp: 1_700_000_000, title: "shell session-1" },
    [0.01, "o", "hello\r\n"],
    [0.025, "i", "ls\r"],
    [0.03, "o", "€"],
    [0.04, "r", "100x30"],
    [0.04, "o", "late"],
    [2.5, "o", "\ufffd"],
  ]);
  expect(await files.info("alice", "session-1")).toMatchObject({
    kind: "shell",
    width: 80,
    startedAt: 1_700_000_000_000,
    durationMs: 2500,
    active: false,
  });
});

test("a session that is carried on goes on in its file and in its time", async () => {
  const { directory, client } = await start();
  await client.streamShellRecording(of([header(), chunk(1000, "one")]));
  await client.streamShellRecording(
    of([header({ startedAt: 1_700_000_060n, width: 90 }), chunk(500, "two")]),
  );
  expect((await lines(join(directory, "alice/shell/session-1.cast"))).slice(1)).toEqual([
    [1, "o", "one"],
    [60, "r", "90x24"],
    [60.5, "o", "two"],
  ]);
});

test("commands are recorded too; forwarded traffic and SFTP are switched off", async () => {
  const { directory, client } = await start();
  const { payload } = header();
  const value = payload?.case === "header" ? { ...payload.value, command: "make test" } : {};
  async function* exec() {
    yield { payload: { case: "header" as const, value } };
    yield { payload: { case: "chunk" as const, value: { timeOffsetMs: 1n, data: Buffer.from("ok") } } };
  }
  async function* nothing() {}
  await client.streamExecRecording(exec());
  expect(await lines(join(directory, "alice/exec/session-1.cast"))).toMatchObject([
    { title: "make test" },
    [0.001, "o", "ok"],
  ]);
  expect(await codeOf(client.streamSftpRecording(nothing()))).toBe(Code.Unimplemented);
  expect(await codeOf(client.streamTcpipRecording(nothing()))).toBe(Code.Unimplemented);
});

test("names cannot leave the directory, and headers must be whole", async () => {
  const { directory, files, client } = await start();
  await client.streamShellRecording(of([header({ userToken: tokenOf("../../etc") })]));
  await client.streamShellRecording(of([header({ userToken: tokenOf("..") })]));
  expect((await readdir(directory)).sort()).toEqual(["%2E%2E", "%2E%2E%2F..%2Fetc"]);
  for (const bad of [
    [chunk(1, "no header")],
    [],
    [header({ sessionId: "../x" })],
    [header({ sessionId: "" })],
    [header({ userToken: "no token" })],
    [header({ startedAt: -1n })],
  ]) {
    expect(await codeOf(client.streamShellRecording(of(bad)))).toBe(Code.InvalidArgument);
  }
  expect(await files.info("../..", "x")).toBeUndefined();
});

test("a recording ends at its largest size, with a note", async () => {
  const { directory, client } = await start(1_000);
  await client.streamShellRecording(
    of([header(), ...Array.from({ length: 50 }, (_, at) => chunk(at, "x".repeat(100)))]),
  );
  const found = await lines(join(directory, "alice/shell/session-1.cast"));
  expect(found.length).toBeLessThan(12);
  expect(found.at(-1)).toMatchObject([expect.any(Number), "o", "\r\n[the recording is full]\r\n"]);
});

test("old recordings are deleted, but none that is being made", async () => {
  const { directory, files, client } = await start();
  await client.streamShellRecording(of([header()]));
  const open = await files.append("alice", "shell", "session-2");
  for (const id of ["session-1", "session-2"])
    await utimes(join(directory, `alice/shell/${id}.cast`), 1000, 1000);
  expect(await files.prune(999_000)).toBe(0);
  expect(await files.prune(1_001_000)).toBe(1);
  await open.close();
  expect(await readdir(join(directory, "alice/shell"))).toEqual(["session-2.cast"]);
  expect([await files.delete("alice", "session-2"), await files.delete("alice", "session-2")]).toEqual([
    true,
    false,
  ]);
});
