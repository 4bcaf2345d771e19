import { create, isMessage } from "@bufbuild/protobuf";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import {
  ExecResponseSchema,
  GetCWDRequestSchema,
  GetCWDResponseSchema,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPipe, RpcError } from "../src/index.ts";
import { clients, collect, command, execRequests, failureOf, fixture, input, type Seen } from "./fixture.ts";
import { type Link, transports } from "./transports.ts";

describe.each(transports)("a channel $name", ({ connect }) => {
  let f: ReturnType<typeof fixture>;
  let link: Link;
  let ssh: ReturnType<typeof clients>["ssh"];
  let system: ReturnType<typeof clients>["system"];
  let recording: ReturnType<typeof clients>["recording"];

  beforeEach(async () => {
    f = fixture();
    link = await connect(f.services, f.onError);
    ({ ssh, system, recording } = clients(link.channel));
  });
  afterEach(() => link.close());

  describe("unary calls", () => {
    test("take an init object and answer with a message", async () => {
      const response = await ssh.getCWD({ shellId: "/home/ä" });
      expect(isMessage(response, GetCWDResponseSchema)).toBe(true);
      expect(response.path).toBe("/home/ä");
    });

    test("take a message", async () => {
      expect((await ssh.getCWD(create(GetCWDRequestSchema, { shellId: "m" }))).path).toBe("m");
    });

    test("run side by side and each gets its own answer", async () => {
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, i) => ssh.getCWD({ shellId: `s${i}` })),
      );
      expect(answers.map((a) => a.path)).toEqual(Array.from({ length: 200 }, (_, i) => `s${i}`));
    });

    test("fail with the implementation's status and text", async () => {
      const error = await failureOf(ssh.getCWD({ shellId: "refuse" }));
      expect(error.status).toBe("FailedPrecondition");
      expect(error.message).toBe("not näw: 100% no\nreally");
    });

    test("hide what is not an RpcError from the caller and tell it to onError", async () => {
      const error = await failureOf(ssh.getCWD({ shellId: "crash" }));
      expect(error.status).toBe("Internal");
      expect(error.message).toBe("internal error");
      expect(f.seen.errors).toEqual([
        { error: new Error("secret path /etc/shadow"), method: "/k8shelld.SshService/GetCWD" },
      ]);
    });

    test("to a method or a service that nobody implements fail with Unimplemented", async () => {
      expect((await failureOf(ssh.listSessions({}))).status).toBe("Unimplemented");
      const authz = link.channel.client(AuthzService);
      const error = await failureOf(authz.evaluate({}));
      expect(error.status).toBe("Unimplemented");
      expect(error.message).toBe("The server does not implement the method /authz.v1.AuthzService/Evaluate");
    });
  });

  describe("metadata", () => {
    test("reaches the implementation, with lower-case keys", async () => {
      const { path } = await ssh.getCWD(
        { shellId: "metadata" },
        { metadata: { "X-One": "1", "x-two": "b c" } },
      );
      expect(JSON.parse(path)).toEqual({ "x-one": "1", "x-two": "b c" });
    });

    test.each([
      ["a line break in a value", { "x-one": "a\r\nx-two: b" }],
      ["a value that is not ASCII", { "x-one": "ä" }],
      ["a space in a key", { "x one": "a" }],
      ["a binary key", { "x-one-bin": "a" }],
      ["a key of the protocol's own", { "grpc-timeout": "1S" }],
    ])("with %s is refused before it leaves", async (_, metadata) => {
      expect((await failureOf(ssh.getCWD({ shellId: "x" }, { metadata }))).status).toBe("InvalidArgument");
    });
  });

  describe("deadlines", () => {
    test("fail the call and abort the implementation's signal", async () => {
      const error = await pastDeadline(f.seen, (timeoutMs) => ssh.getCWD({ shellId: "hang" }, { timeoutMs }));
      expect(error.status).toBe("DeadlineExceeded");
      expect(error.message).toBe("deadline exceeded");
      expect(await f.seen.aborted).toSatisfy(isEarlyEnd);
    });

    test("are known to the implementation, 10 seconds for a unary call that sets none", async () => {
      const left = Number((await ssh.getCWD({ shellId: "deadline" })).path);
      expect(left).toBeGreaterThan(5_000);
      expect(left).toBeLessThanOrEqual(10_001);
    });

    test("that have passed fail the call at once", async () => {
      expect((await failureOf(ssh.getCWD({ shellId: "x" }, { timeoutMs: 0 }))).status).toBe(
        "DeadlineExceeded",
      );
    });

    test("end a response stream on both sides", async () => {
      const error = await pastDeadline(f.seen, (timeoutMs) =>
        collect(system.getLogsStream({ lastN: 1, component: "then hang" }, { timeoutMs })),
      );
      expect(error.status).toBe("DeadlineExceeded");
      expect(await f.seen.aborted).toSatisfy(isEarlyEnd);
      await f.seen.left;
    });

    test("end a request stream on both sides", async () => {
      let frames = createPipe<never>();
      const error = await pastDeadline(f.seen, (timeoutMs) => {
        frames = createPipe<never>();
        return recording.streamShellRecording(frames, { timeoutMs });
      });
      expect(error.status).toBe("DeadlineExceeded");
      expect(await f.seen.requestsThrew).toSatisfy(isEarlyEnd);
      expect(await frames.write({} as never)).toBe(false);
    });
  });

  describe("cancellation", () => {
    test("by a signal that is aborted already keeps the call from starting", async () => {
      const error = await failureOf(ssh.getCWD({ shellId: "x" }, { signal: AbortSignal.abort() }));
      expect(error.status).toBe("Canceled");
    });

    test("by the signal fails a unary call and aborts the implementation's signal", async () => {
      const controller = new AbortController();
      const call = failureOf(ssh.getCWD({ shellId: "hang" }, { signal: controller.signal }));
      await f.seen.entered;
      controller.abort();
      expect((await call).status).toBe("Canceled");
      expect(await f.seen.aborted).toMatchObject({ status: "Canceled" });
    });

    test("keeps the status of a signal that was aborted with an RpcError", async () => {
      const controller = new AbortController();
      const call = failureOf(ssh.getCWD({ shellId: "hang" }, { signal: controller.signal }));
      await f.seen.entered;
      controller.abort(new RpcError(4, "the caller's own deadline"));
      const error = await call;
      expect([error.status, error.message]).toEqual(["DeadlineExceeded", "the caller's own deadline"]);
    });

    test("by the signal ends a bidirectional stream and throws in the implementation's request loop", async () => {
      const controller = new AbortController();
      const requests = execRequests();
      const responses = ssh.exec(requests, { signal: controller.signal })[Symbol.asyncIterator]();
      await requests.write(input("hello"));
      expect(text((await responses.next()).value)).toBe("hello");
      controller.abort();
      expect((await failureOf(responses.next())).status).toBe("Canceled");
      expect(await f.seen.requestsThrew).toMatchObject({ status: "Canceled" });
      expect(await f.seen.aborted).toMatchObject({ status: "Canceled" });
      await f.seen.left;
      expect(await requests.write(input("too late"))).toBe(false);
      expect((await responses.next()).done).toBe(true);
    });

    test("happens when the response loop is left, and the implementation is left too", async () => {
      for await (const { id } of system.getLogsStream({ lastN: 1_000_000 })) {
        if (id === 3n) break;
      }
      expect(await f.seen.aborted).toMatchObject({ status: "Canceled" });
      await f.seen.left;
      expect(f.seen.errors).toEqual([]);
    });

    test("happens when the request stream throws, and the call fails with its error", async () => {
      const answered = Promise.withResolvers<void>();
      async function* requests() {
        yield input("one");
        await answered.promise;
        throw new RpcError(11, "the file ended early");
      }
      const responses = ssh.exec(requests())[Symbol.asyncIterator]();
      expect(text((await responses.next()).value)).toBe("one");
      answered.resolve();
      const error = await failureOf(responses.next());
      expect([error.status, error.message]).toEqual(["OutOfRange", "the file ended early"]);
      expect(await f.seen.requestsThrew).toBeInstanceOf(RpcError);
    });
  });

  describe("server streaming", () => {
    test("delivers 100 000 messages in order and ends", async () => {
      let next = 0n;
      for await (const { id } of system.getLogsStream({ lastN: 100_000 })) {
        if (id !== next) throw new Error(`got ${id} instead of ${next}`);
        next += 1n;
      }
      expect(next).toBe(100_000n);
    });

    test("delivers what came before a failure, then fails", async () => {
      const ids: bigint[] = [];
      const loop = async () => {
        for await (const { id } of system.getLogsStream({ lastN: 100, component: "then fail" })) {
          // A reader that is slower than the status is to travel.
          if (ids.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
          ids.push(id);
        }
      };
      const error = await failureOf(loop());
      expect([error.status, error.message]).toEqual(["DataLoss", "after the last one"]);
      expect(ids).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i)));
    });

    test("hides what is not an RpcError", async () => {
      const error = await failureOf(collect(system.getLogsStream({ lastN: 1, component: "then crash" })));
      expect([error.status, error.message]).toEqual(["Internal", "internal error"]);
      expect(f.seen.errors).toHaveLength(1);
    });

    test("to a method that nobody implements fails when it is read", async () => {
      const stream = ssh.portForward(createPipe<{ request: { case: "data"; value: Uint8Array } }>());
      expect((await failureOf(collect(stream))).status).toBe("Unimplemented");
    });

    test("starts without being read, and stops producing while it is not", async () => {
      const stream = system.getLogsStream({ lastN: 4_000, component: "blocks" })[Symbol.asyncIterator]();
      await stream.next();
      const settled = await unchanged(() => f.seen.produced);
      // 32 KiB each: the window of 4 MiB, what the sockets hold, and the read-ahead; 4000 would be 125 MiB.
      expect(settled).toBeGreaterThan(1);
      expect(settled).toBeLessThan(1_000);
      await stream.return?.();
      await f.seen.left;
    });

    test("that nobody reads does not hold up other calls of the channel", async () => {
      const stalled = system.getLogsStream({ lastN: 4_000, component: "blocks" })[Symbol.asyncIterator]();
      await stalled.next();
      await unchanged(() => f.seen.produced);
      expect((await ssh.getCWD({ shellId: "still here" })).path).toBe("still here");
      let bytes = 0;
      for await (const { message } of system.getLogsStream({ lastN: 300, component: "blocks" }))
        bytes += message.length;
      expect(bytes).toBe(300 * 32_768);
      await stalled.return?.();
    });
  });

  describe("client streaming", () => {
    test("delivers every message, then the half-close, and answers", async () => {
      async function* frames() {
        for (let i = 0; i < 1_000; i += 1) yield chunk(i);
      }
      await recording.streamShellRecording(frames());
      expect(f.seen.recorded).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    });

    test("fails when the implementation does, and leaves the request stream", async () => {
      let left = false;
      async function* frames() {
        try {
          for (;;) {
            yield { payload: { case: "resize" as const, value: {} } };
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          left = true;
        }
      }
      expect((await failureOf(recording.streamShellRecording(frames()))).status).toBe("ResourceExhausted");
      await expect.poll(() => left).toBe(true);
    });
  });

  describe("bidirectional streaming", () => {
    test("answers while the requests go on", async () => {
      const requests = execRequests();
      const responses = ssh.exec(requests)[Symbol.asyncIterator]();
      for (const word of ["one", "two", "three"]) {
        await requests.write(input(word));
        expect(text((await responses.next()).value)).toBe(word);
      }
      requests.end();
      expect(exitCode((await responses.next()).value)).toBe(3);
      expect(exitCode((await responses.next()).value)).toBe(-1);
      expect((await responses.next()).done).toBe(true);
    });

    test("goes on after the half-close, which is no cancel", async () => {
      const requests = execRequests();
      requests.end();
      const responses = await collect(ssh.exec(requests));
      expect(responses.map(exitCode)).toEqual([0, -1]);
      const aborted = await Promise.race([f.seen.aborted.then(() => true), wait(50).then(() => false)]);
      expect(aborted).toBe(false);
    });

    test("ends when the implementation stops reading, and so do the writers", async () => {
      const requests = execRequests();
      const responses = ssh.exec(requests);
      await requests.write(command("stop reading"));
      expect((await collect(responses)).map(exitCode)).toEqual([1, -1]);
      await expect.poll(() => requests.write(input("more"))).toBe(false);
    });

    test("fails with the implementation's status", async () => {
      const requests = execRequests();
      const responses = ssh.exec(requests);
      await requests.write(command("fail"));
      expect((await failureOf(collect(responses))).status).toBe("Aborted");
      await expect.poll(() => requests.write(input("more"))).toBe(false);
    });

    test("carries 10 000 echoes in order with both directions busy", async () => {
      async function* requests() {
        for (let i = 0; i < 10_000; i += 1) yield input(String(i));
      }
      let next = 0;
      for await (const response of ssh.exec(requests())) {
        if (response.response.case === "exitCode") break;
        if (text(response) !== String(next)) throw new Error(`got ${text(response)} instead of ${next}`);
        next += 1;
      }
      expect(next).toBe(10_000);
    });

    test("holds the writer back while the implementation does not read", async () => {
      let written = 1;
      async function* requests() {
        yield command("never read");
        for (; written < 4_000; written += 1) yield { request: { case: "input" as const, value: block } };
      }
      const controller = new AbortController();
      const responses = ssh.exec(requests(), { signal: controller.signal })[Symbol.asyncIterator]();
      const settled = await unchanged(() => written);
      expect(settled).toBeLessThan(1_000);
      controller.abort();
      expect((await failureOf(responses.next())).status).toBe("Canceled");
    });
  });

  test("refuses calls after close()", async () => {
    await link.channel.close();
    const error = await failureOf(ssh.getCWD({ shellId: "x" }));
    expect([error.status, error.message]).toEqual(["Unavailable", "the channel is closed"]);
    expect((await failureOf(collect(system.getLogsStream({})))).status).toBe("Unavailable");
  });
});

/** What a call failed with whose deadline passed while its implementation was busy: a slow machine needs a later one. */
const pastDeadline = async (seen: Seen, call: (timeoutMs: number) => Promise<unknown>): Promise<RpcError> => {
  let entered = false;
  void seen.entered.then(() => {
    entered = true;
  });
  for (let timeoutMs = 50; ; timeoutMs *= 4) {
    const error = await failureOf(call(timeoutMs));
    if (entered) return error;
    expect(error.status).toBe("DeadlineExceeded");
  }
};

/** A server hears of a deadline from its own clock or, as a cancel, from the client; whichever comes first. */
const isEarlyEnd = (error: unknown) =>
  error instanceof RpcError && (error.status === "DeadlineExceeded" || error.status === "Canceled");

const block = new Uint8Array(32_768);
const chunk = (length: number) => ({
  payload: { case: "chunk" as const, value: { data: new Uint8Array(length) } },
});
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const text = (response: unknown): string => {
  if (!isMessage(response, ExecResponseSchema) || response.response.case !== "stdout") return "";
  return new TextDecoder().decode(response.response.value);
};
const exitCode = (response: unknown): number | undefined =>
  isMessage(response, ExecResponseSchema) && response.response.case === "exitCode"
    ? response.response.value
    : undefined;

/** Waits until a counter has stood still for a while. */
const unchanged = async (count: () => number): Promise<number> => {
  for (;;) {
    const before = count();
    await wait(300);
    if (count() === before && before > 0) return before;
  }
};
