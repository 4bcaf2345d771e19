import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Command } from "../src/index.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

const exec: Platform["client"]["exec"] = (...args) => platform.client.exec(...args);

const textOf = async (command: Command) => {
  const text = { stdout: "", stderr: "" };
  for await (const { stream, data } of command) text[stream] += Buffer.from(data).toString("utf8");
  return text;
};

test("a command gives its output and exit code, and no shell reads its words", async () => {
  const { workspace } = platform;
  const command = await exec(workspace, "echo out; echo err >&2; pwd; echo $GREETING; exit 3", {
    cwd: "/tmp",
    env: { GREETING: "hi" },
  });
  expect(await textOf(command)).toEqual({ stdout: "out\n/tmp\nhi\n", stderr: "err\n" });
  expect(await command.wait()).toBe(3);
  const words = await exec(workspace, ["printf", "%s|", "a b", "$HOME", "it's"]);
  expect((await textOf(words)).stdout).toBe("a b|$HOME|it's|");
  expect(await (await exec(workspace, ["no-such-program"])).wait()).toBe(127);
});

test("standard input is a text, a stream, or written step by step", async () => {
  const { workspace } = platform;
  expect((await textOf(await exec(workspace, ["cat"], { stdin: "grüße" }))).stdout).toBe("grüße");
  const megabyte = Buffer.alloc(1 << 20, "0123456789abcdef");
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < 8; i += 1) controller.enqueue(megabyte);
      controller.close();
    },
  });
  const sum = await textOf(await exec(workspace, ["sha256sum"], { stdin: stream }));
  const wanted = createHash("sha256")
    .update(Buffer.alloc(8 << 20, megabyte))
    .digest("hex");
  expect(sum.stdout).toBe(`${wanted}  -\n`);
  const asked = await exec(workspace, "read a; echo got-$a; read b; echo got-$b");
  const seen: string[] = [];
  await asked.write("one\n");
  for await (const { data } of asked) {
    seen.push(Buffer.from(data).toString());
    if (seen.join("").endsWith("got-one\n")) await asked.write("two\n");
  }
  expect(seen.join("")).toBe("got-one\ngot-two\n");
});

test("output that is not read holds the command back, and all of it comes", async () => {
  const { workspace } = platform;
  // More than all buffers on the way take together: those of the kernel alone grow beyond 20 MB.
  const size = 150_000_000;
  const command = await exec(workspace, `head -c ${size} /dev/zero; echo over >&2`);
  let bytes = 0;
  let isOver = false;
  let waits: string | undefined;
  for await (const { stream, data } of command) {
    if (stream === "stderr") isOver = true;
    else bytes += data.length;
    if (waits === undefined) {
      ({ stdout: waits } = await platform.client.run(workspace, "sleep 1; pgrep -xc head"));
    }
  }
  expect(waits).toBe("1\n");
  expect([bytes, isOver]).toEqual([size, true]);
  expect(await command.wait()).toBe(0);
});

test("signals reach a command, also before it has begun; and output that nobody reads is dropped", async () => {
  const { workspace } = platform;
  const command = await exec(workspace, ["sleep", "600"]);
  command.kill("TERM");
  expect(await command.wait()).toBe(143);
  const loud = await exec(workspace, "head -c 5000000 /dev/zero; exit 4");
  expect(await loud.wait()).toBe(4);
  const left = await exec(workspace, "head -c 5000000 /dev/zero; exit 5");
  for await (const _ of left) break;
  expect(await left.wait()).toBe(5);
});

test("aborting and losing the connection end a command", async () => {
  const { workspace, proxy } = platform;
  const abort = new AbortController();
  const mine = await exec(workspace, "echo $$; exec sleep 600", { signal: abort.signal });
  let pid = "";
  await expect(async () => {
    for await (const { data } of mine) {
      pid += Buffer.from(data).toString();
      if (pid.endsWith("\n")) abort.abort(new Error("enough"));
    }
  }).rejects.toThrow("enough");
  await expect(mine.wait()).rejects.toThrow("enough");
  const { exitCode } = await platform.client.run(
    workspace,
    `for i in $(seq 1 500); do kill -0 ${pid.trim()} || exit 0; sleep 0.02; done 2>/dev/null; exit 1`,
  );
  expect(exitCode).toBe(0);
  const cut = await exec(workspace, ["sleep", "600"]);
  proxy.cut();
  await expect(cut.wait()).rejects.toMatchObject({ code: "network_error" });
  await expect(exec(workspace, "true", { signal: AbortSignal.abort(new Error("never")) })).rejects.toThrow(
    "never",
  );
});

test("a command in a workspace that does not exist is refused in the server's words", async () => {
  await expect(exec("nobody-0000000", "true")).rejects.toMatchObject({ status: 404, code: "not_found" });
  await expect(exec(platform.workspace, ["a\0b"]).then((command) => command.wait())).rejects.toMatchObject({
    code: "command_failed",
  });
});

test("a command can be run whole, and is ended in its time", async () => {
  const { client, workspace } = platform;
  expect(await client.run(workspace, ["tr", "a-z", "A-Z"], { stdin: "loud" })).toMatchObject({
    exitCode: 0,
    stdout: "LOUD",
    timedOut: false,
  });
  expect(await client.run(workspace, "echo begun; sleep 600", { timeoutSeconds: 1 })).toMatchObject({
    stdout: "begun\n",
    timedOut: true,
  });
});
