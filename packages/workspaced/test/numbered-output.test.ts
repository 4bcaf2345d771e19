import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ShellRequestSchema } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { createPipe } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { eventually, startDaemon } from "./fixture.ts";

type Daemon = Awaited<ReturnType<typeof startDaemon>>;

/** A client that asks for numbered output. */
const open = ({ ssh }: Daemon, lockId = "") => {
  const requests = createPipe<MessageInitShape<typeof ShellRequestSchema>>();
  const start = { usePty: true, detachOnClose: true, numberedOutput: true, lockId };
  void requests.write({ request: { case: "startRequest", value: start } });
  const call = new AbortController();
  let text = "";
  let offset: number | undefined;
  let exit: number | undefined;
  const over = (async () => {
    const stream = ssh.shell(requests, { metadata: { "session-id": "ws-1" }, signal: call.signal });
    for await (const { response } of stream) {
      if (response.case === "startResponse") offset = Number(response.value.offset);
      if (response.case === "data") text += Buffer.from(response.value).toString("latin1");
      if (response.case === "exit") exit = response.value.code;
    }
  })().catch(() => {});
  return {
    over,
    text: () => text,
    offset: () => offset,
    exit: () => exit,
    head: () => (offset ?? 0) + text.length,
    type: (line: string) => requests.write({ request: { case: "data", value: Buffer.from(line) } }),
    acknowledge: (upTo: number) => requests.write({ request: { case: "acknowledge", value: BigInt(upTo) } }),
    async detach() {
      call.abort();
      await over;
    },
  };
};

test("numbered output has the same offsets after attaching again, and the exit status comes last", async () => {
  const daemon = await startDaemon();
  const first = open(daemon);
  await first.type("stty -echo; PS1=; seq 1 100; echo one-$((1 + 1))\n");
  await eventually(() => first.text().includes("one-2"));
  expect(first.offset()).toBe(0);
  await first.detach();
  const { lockId } = await daemon.ssh.acquireSession({ sessionId: "ws-1" });
  const second = open(daemon, lockId);
  await second.type("exit 7\n");
  await second.over;
  expect(second.text().slice(first.offset() ?? 0)).toContain(first.text().slice(second.offset()));
  expect(second.text().slice(0, first.text().length)).toBe(first.text().slice(second.offset()));
  expect(second.exit()).toBe(7);
});

test("a signal that ends the shell is told as 128 + its number", async () => {
  const shell = open(await startDaemon());
  await shell.type("kill -9 $$\n");
  await shell.over;
  expect(shell.exit()).toBe(137);
});

test("output runs no further ahead of the acknowledgements than can be repeated", async () => {
  const daemon = await startDaemon();
  const shell = open(daemon);
  await shell.type("stty -echo -opost; yes 0123456789\n");
  await eventually(() => shell.head() > 190_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(shell.head()).toBeLessThanOrEqual(256 * 1024);
  const before = shell.head();
  await shell.acknowledge(before);
  await eventually(() => shell.head() > before + 100_000);
  await shell.detach();
  const { lockId } = await daemon.ssh.acquireSession({ sessionId: "ws-1" });
  const second = open(daemon, lockId);
  await eventually(() => second.offset() !== undefined);
  await second.type("\x03");
  await second.detach();
});

test("a large paste to a program that echoes it does not wait for acknowledgements behind it", async () => {
  const shell = open(await startDaemon());
  await shell.type("stty raw -echo; echo ready-$((1 + 1)); cat\n");
  await eventually(() => shell.text().includes("ready-2"));
  const block = "x".repeat(32 * 1024);
  for (let index = 0; index < 40; index++) void shell.type(block);
  await eventually(() => shell.text().length > 40 * block.length);
  await shell.detach();
});
