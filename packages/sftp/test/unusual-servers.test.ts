import { expect, test } from "vitest";
import { createFrameParser } from "../src/frames.ts";
import { createSftpClient, SftpError, SftpStatus, type SftpStream } from "../src/index.ts";
import { decodeRequest, encodeHello, encodeResponse, type Request, type Response } from "../src/packets.ts";
import { bytesOf, createLink, generated } from "./servers.ts";

type Reply = Response | Uint8Array | undefined;
type Answer = (request: Request, id: number) => Reply | Promise<Reply>;

/** A server that answers as told: for behaviour that neither of the real servers here shows. */
const fakeServer = (answer: Answer, greeting: Uint8Array = encodeHello("version", 3)): SftpStream => {
  const link = createLink();
  const frames = createFrameParser();
  let greeted = false;
  return {
    input: link.output,
    async write(chunk) {
      for (const packet of frames.push(chunk)) {
        if (!greeted) {
          greeted = true;
          await link.write(greeting);
          continue;
        }
        const { id, request } = decodeRequest(packet);
        const response = request.type === "unknown" ? undefined : await answer(request, id);
        if (!response) continue;
        await link.write(response instanceof Uint8Array ? response : encodeResponse(id, response));
      }
    },
    end: link.end,
  };
};

const handle: Response = { type: "handle", handle: Buffer.from("h") };
const ok: Response = { type: "status", code: SftpStatus.Ok, message: "" };
const eof: Response = { type: "status", code: SftpStatus.Eof, message: "" };

test("a server that sends less than it was asked for is read completely, and asked for less", async () => {
  const whole = await bytesOf(generated(700_001));
  const asked: number[] = [];
  const client = createSftpClient(
    fakeServer((request) => {
      if (request.type === "open") return handle;
      if (request.type !== "read") return ok;
      asked.push(request.length);
      const data = whole.subarray(request.offset, request.offset + Math.min(request.length, 20_000));
      return data.length === 0 ? eof : { type: "data", data };
    }),
  );
  expect((await bytesOf(client.read("file"))).equals(whole)).toBe(true);
  expect(asked.slice(-10).every((length) => length <= 20_000)).toBe(true);
  await client.close();
});

test("without announced limits no request is larger than the protocol guarantees", async () => {
  let largest = 0;
  const client = createSftpClient(
    fakeServer((request) => {
      if (request.type === "write") largest = Math.max(largest, request.data.length);
      return request.type === "open" ? handle : ok;
    }),
  );
  await client.write("file", generated(500_000, [200_000]));
  expect(largest).toBe(32_768);
  await client.close();
});

test("a refused write ends the upload although more would come", async () => {
  const client = createSftpClient(
    fakeServer((request) =>
      request.type === "open"
        ? handle
        : request.type === "write"
          ? { type: "status", code: SftpStatus.Failure, message: "ENOSPC: no space left on device" }
          : ok,
    ),
  );
  const endless = async function* () {
    yield Buffer.alloc(40_000);
    await new Promise(() => {});
  };
  await expect(client.write("file", endless())).rejects.toMatchObject({
    code: SftpStatus.Failure,
    errno: "ENOSPC",
  });
  await client.close();
});

test("at least 64 requests are in flight in both directions", async () => {
  const waiting: number[] = [];
  const stream = fakeServer((request, id) => {
    if (request.type === "open") return handle;
    waiting.push(id);
    return undefined;
  });
  const client = createSftpClient(stream);
  const writing = client.write("file", generated(8_000_000)).catch((error: unknown) => error);
  while (waiting.length < 64) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(waiting.length).toBe(64);
  const reading = bytesOf(client.read("file", { start: 0, end: 99_999_999 })).catch(
    (error: unknown) => error,
  );
  while (waiting.length < 128) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(waiting.length).toBe(128);
  await client.close();
  expect(await writing).toMatchObject({ code: SftpStatus.ConnectionLost });
  expect(await reading).toMatchObject({ code: SftpStatus.ConnectionLost });
});

test("a server that owes an answer and says nothing is taken for lost, an idle one is not", async () => {
  const client = createSftpClient(
    fakeServer((request) => (request.type === "stat" ? undefined : ok)),
    { stallMs: 1_000 },
  );
  await client.mkdir("a");
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await client.mkdir("b");
  await expect(client.stat("c")).rejects.toMatchObject({ code: SftpStatus.ConnectionLost });
});

test("an answer that comes while the client has no processor to read it is one", async () => {
  const client = createSftpClient(
    fakeServer(async () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800);
      // Timers run first, as they do before what waits in a connection is read.
      for (let turns = 0; turns < 2; turns += 1) await new Promise((turn) => setImmediate(turn));
      return ok;
    }),
    { stallMs: 400 },
  );
  await client.mkdir("a");
  await client.close();
});

test("a rename falls back to the plain one where the server has no other", async () => {
  const seen: string[] = [];
  const client = createSftpClient(
    fakeServer((request) => {
      seen.push(request.type);
      return ok;
    }),
  );
  await client.rename("a", "b");
  expect(seen).toEqual(["rename"]);
  expect(await client.statvfs(".")).toBeUndefined();
  await client.close();
});

test.each<[string, Answer, Uint8Array | undefined]>([
  ["answers a request nobody made", () => encodeResponse(999, ok), undefined],
  ["sends garbage", () => Buffer.from([0, 0, 0, 1, 250]), undefined],
  ["sends an overlong packet", () => Buffer.from([0xff, 0xff, 0xff, 0xff]), undefined],
  ["speaks version 2", () => ok, encodeHello("version", 2)],
  ["greets with something else", () => ok, Buffer.from("Welcome to the jungle\r\n")],
])("a server that %s loses the session, and every waiting request fails", async (_, answer, greeting) => {
  const client = createSftpClient(fakeServer(answer, greeting));
  const results = await Promise.allSettled([client.stat("a"), client.realpath("b")]);
  for (const result of results) {
    expect(result.status).toBe("rejected");
    if (result.status === "rejected") {
      expect(result.reason).toBeInstanceOf(SftpError);
      expect(result.reason).toMatchObject({ code: SftpStatus.ConnectionLost });
    }
  }
  expect(client.ended.aborted).toBe(true);
});

test("an answer of the wrong type is the request's failure and no more", async () => {
  const client = createSftpClient(fakeServer((request) => (request.type === "stat" ? handle : ok)));
  await expect(client.stat("a")).rejects.toMatchObject({ code: SftpStatus.BadMessage });
  await client.mkdir("fine");
  await client.close();
});

test("a file opened for somebody who has gone is closed again", async () => {
  let late: (() => Promise<void>) | undefined;
  const closed = Promise.withResolvers<void>();
  const link = createLink();
  const frames = createFrameParser();
  let greeted = false;
  const client = createSftpClient({
    input: link.output,
    async write(chunk) {
      for (const packet of frames.push(chunk)) {
        if (!greeted) {
          greeted = true;
          await link.write(encodeHello("version", 3));
          continue;
        }
        const { id, request } = decodeRequest(packet);
        if (request.type === "open") late = () => link.write(encodeResponse(id, handle));
        if (request.type === "close") {
          closed.resolve();
          await link.write(encodeResponse(id, ok));
        }
      }
    },
    end: link.end,
  });
  const controller = new AbortController();
  const opening = client.open("file", 1, { signal: controller.signal });
  while (!late) await new Promise((resolve) => setTimeout(resolve, 2));
  controller.abort(new Error("gone"));
  await expect(opening).rejects.toThrow("gone");
  await late();
  await closed.promise;
  await client.close();
});
