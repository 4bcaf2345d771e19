import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { execRoutes } from "../src/routes/exec.ts";
import { startServices } from "./terminal-fixture.ts";
import {
  eventually,
  forbid,
  startDaemon,
  startWorkspaceGateway,
  workspaceName,
} from "./workspace-fixture.ts";

const start = async (
  options: { authorize?: Parameters<typeof startWorkspaceGateway>[0]["authorize"]; blocks?: boolean } = {},
) => {
  const daemon = await startDaemon({}, options);
  const { session } = await startServices();
  const gateway = await startWorkspaceGateway({
    ...options,
    daemon,
    routes: (workspaces) => execRoutes({ workspaces, session, log: pino({ level: "silent" }) }),
  });
  const url = `${gateway.url}/api/v1/workspaces/${workspaceName}/exec`;
  const post = (body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal,
    });
  const run = async (body: unknown) => (await post(body)).json() as Promise<Record<string, unknown>>;
  const records = async () => (await session.getSessions({ workspace: workspaceName })).sessions;
  return { daemon, gateway, url, post, run, records };
};

describe("POST /workspaces/:name/exec", () => {
  it("answers what a command printed and how it ended, and leaves a session record", async () => {
    const { run, records } = await start();
    expect(await run({ command: "echo out; echo err >&2; exit 3" })).toEqual({
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
      stdoutTruncated: false,
      stderrTruncated: false,
      timedOut: false,
      durationMs: expect.any(Number),
    });
    const [record] = await records();
    expect(record).toMatchObject({ username: "alice", operations: ["ex"], bytesOut: 8n });
    expect(record?.endTime).not.toBe(0n);
  });

  it("gives a list of words to a program without a shell in between", async () => {
    const { run } = await start();
    const words = ["printf", "%s|", "a b", "$HOME", "it's", "", "*"];
    expect(await run({ command: words })).toMatchObject({ stdout: "a b|$HOME|it's||*|" });
  });

  it("takes words and variables as long as the kernel does", async () => {
    const { run } = await start();
    const [word, variable] = ["w".repeat(120_000), "v".repeat(120_000)];
    const command = ["sh", "-c", 'printf "%s" "$1$A$B" | wc -c', "sh", word];
    expect(await run({ command, env: { A: variable, B: variable } })).toMatchObject({ stdout: "360000\n" });
  });

  it("runs in a directory, with variables and standard input", async () => {
    const { run, daemon } = await start();
    expect(
      await run({
        command: 'pwd; echo "$GREETING"; cat',
        cwd: daemon.home,
        env: { GREETING: "hi" },
        stdin: "in",
      }),
    ).toMatchObject({ stdout: `${daemon.home}\nhi\nin`, exitCode: 0 });
    const missing = await run({ command: "touch made", cwd: "/no/such" });
    expect(missing).toMatchObject({ exitCode: 1 });
    expect(missing.stderr).toContain("/no/such");
  });

  it.each([
    ["of this version", true],
    ["that has never heard of blocks", false],
  ])("a daemon %s passes every byte on, of input and of both outputs", async (_name, blocks) => {
    const { run } = await start({ blocks });
    const stdin = Array.from({ length: 60_000 }, (_, line) => `${line * 7919} é`).join("\n");
    const command = "tee /dev/stderr; exit 7";
    expect(await run({ command, stdin, maxOutputBytes: 4_000_000 })).toMatchObject({
      stdout: stdin,
      stderr: stdin,
      exitCode: 7,
    });
  });

  it("keeps as much output as was asked for and says that there was more", async () => {
    const { run } = await start();
    expect(await run({ command: "seq 1 100000", maxOutputBytes: 10 })).toMatchObject({
      stdout: "1\n2\n3\n4\n5\n",
      stdoutTruncated: true,
      stderrTruncated: false,
      exitCode: 0,
    });
  });

  it("gives bytes that are no text as base64, and replaces them in text", async () => {
    const { run } = await start();
    const command = "printf '\\377\\000a'";
    expect(await run({ command, encoding: "base64" })).toMatchObject({ stdout: "/wBh" });
    expect(await run({ command })).toMatchObject({ stdout: "\ufffd\0a" });
  });

  it("ends a command whose time is over, also one that does not listen", async () => {
    const { run } = await start();
    expect(await run({ command: "sleep 1000", timeoutSeconds: 0.2 })).toMatchObject({ timedOut: true });
    const command = "trap '' TERM; echo deaf; while :; do sleep 1; done";
    // On a busy machine the shell is not deaf yet when a short time is over.
    let timeoutSeconds = 0.2;
    let ended = await run({ command, timeoutSeconds });
    while (ended.stdout !== "deaf\n" && timeoutSeconds < 20) {
      timeoutSeconds *= 2;
      ended = await run({ command, timeoutSeconds });
    }
    expect(ended).toMatchObject({ timedOut: true, exitCode: null, stdout: "deaf\n" });
  });

  it("answers what a command printed in time, though the server had no processor to read it in time", async () => {
    const { run, daemon } = await start();
    const [begun, ended] = [join(daemon.home, "begun"), join(daemon.home, "ended")];
    const command = "touch begun; sleep 0.2; echo out; touch ended; exit 3";
    const stand = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    // On a busy machine a short time is over before the command has begun.
    for (let timeoutSeconds = 0.5; ; timeoutSeconds *= 2) {
      let answered = false;
      const answer = run({ command, timeoutSeconds }).finally(() => {
        answered = true;
      });
      while (!existsSync(begun) && !answered) await new Promise((turn) => setImmediate(turn));
      const isInTime = existsSync(begun) && !answered;
      if (isInTime) {
        stand(timeoutSeconds * 1000 + 100);
        while (!existsSync(ended)) stand(50);
      }
      const result = await answer;
      if (!isInTime) {
        rmSync(begun, { force: true });
        continue;
      }
      expect(result).toMatchObject({ timedOut: false, exitCode: 3, stdout: "out\n" });
      return;
    }
  });

  it("ends the command when the client goes away", async () => {
    const { post, run, daemon } = await start();
    const away = new AbortController();
    const call = post({ command: "echo $$ > pid; exec sleep 1000" }, {}, away.signal);
    await eventually(async () => (await run({ command: "cat pid" })).exitCode === 0);
    away.abort();
    await expect(call).rejects.toThrow();
    await eventually(
      async () => (await run({ command: `kill -0 $(cat ${daemon.home}/pid)` })).exitCode !== 0,
    );
  });

  it("streams events while the command runs", async () => {
    const { post } = await start();
    const response = await post(
      { command: "echo one; read -r line; echo two" },
      { accept: "text/event-stream" },
    );
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = (await response.text())
      .split("\n\n")
      .filter((frame) => frame.startsWith("data: "))
      .map((frame) => JSON.parse(frame.slice(6)) as { type: string; data?: string });
    expect(events.map(({ data }) => data ?? "").join("")).toBe("one\ntwo\n");
    expect(events.at(-1)).toEqual({ type: "exit", exitCode: 0, timedOut: false });
  });

  it("refuses what it cannot run, naming the field", async () => {
    const { post } = await start();
    for (const [body, field] of [
      [{}, "command"],
      [{ command: "" }, "command"],
      [{ command: "a\0b" }, "command"],
      [{ command: "true", env: { "A=B": "x" } }, "env"],
      [{ command: "true", timeoutSeconds: 0 }, "timeoutSeconds"],
      [{ command: "true", cwd: "" }, "cwd"],
    ] as const) {
      const response = await post(body);
      expect(response.status).toBe(400);
      expect(((await response.json()) as { msg: string }).msg).toContain(field);
    }
  });

  it("needs both the connection and the session to be allowed", async () => {
    for (const refused of ["workspace:connect:webshell"]) {
      const { post } = await start({ authorize: forbid(refused) });
      expect((await post({ command: "true" })).status).toBe(403);
    }
    const { post } = await start({
      authorize: (action) => {
        if (action.action === "session:start" && action.context?.session_type === "exec") forbid("")(action);
      },
    });
    expect((await post({ command: "true" })).status).toBe(403);
  });
});

/** A client of the WebSocket that collects what it gets. */
const openExec = async (url: string) => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), "k8shell-exec-v1", { perMessageDeflate: false });
  const output: Record<number, Buffer[]> = { 1: [], 2: [], 3: [] };
  socket.on("message", (data: Buffer) => output[data[0] ?? 9]?.push(data.subarray(1)));
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    socket,
    closed,
    text: (channel: number) => Buffer.concat(output[channel] ?? []).toString("utf8"),
    send: (channel: number, data: string | Uint8Array) =>
      socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(data as string)])),
  };
};

describe("WebSocket /workspaces/:name/exec", () => {
  it("carries input, output and the exit code of a command", async () => {
    const { url } = await start();
    const client = await openExec(url);
    client.send(3, JSON.stringify({ command: "cat; echo done >&2; exit 7" }));
    client.send(0, "hello ");
    client.send(0, "world");
    client.send(0, "");
    expect(await client.closed).toBe(1000);
    expect(client.text(1)).toBe("hello world");
    expect(client.text(2)).toBe("done\n");
    expect(JSON.parse(client.text(3))).toEqual({ exitCode: 7 });
  });

  it("carries a hundred megabytes through a command without holding them", async () => {
    const { url } = await start();
    const client = await openExec(url);
    client.send(
      3,
      JSON.stringify({
        command: ["sh", "-c", "head -c 100000000 /dev/zero | wc -c; head -c 3000000 /dev/zero"],
      }),
    );
    expect(await client.closed).toBe(1000);
    expect(client.text(1).length).toBe(3_000_000 + "100000000\n".length);
  });

  it("passes signals on", async () => {
    const { url } = await start();
    const client = await openExec(url);
    client.send(
      3,
      JSON.stringify({ command: "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done" }),
    );
    await eventually(() => client.text(1).includes("ready"));
    client.send(3, JSON.stringify({ signal: "INT" }));
    expect(await client.closed).toBe(1000);
    expect(client.text(1)).toContain("caught");
    expect(JSON.parse(client.text(3))).toEqual({ exitCode: 9 });
  });

  it.each([
    ["INT", 130],
    ["SIGTERM", 143],
  ])("ends a command whose input has ended by %s", async (signal, code) => {
    const { url, run } = await start();
    const client = await openExec(url);
    client.send(3, JSON.stringify({ command: "echo $$ > pid; exec sleep 1000" }));
    client.send(0, "");
    await eventually(async () => (await run({ command: "test -s pid" })).exitCode === 0);
    client.send(3, JSON.stringify({ signal: "USR1" }));
    client.send(3, JSON.stringify({ signal }));
    expect(await client.closed).toBe(1000);
    expect(JSON.parse(client.text(3))).toEqual({ exitCode: code });
    await eventually(async () => (await run({ command: "kill -0 $(cat pid)" })).exitCode !== 0);
  });

  it("ends the command when the socket is cut", async () => {
    const { url, run } = await start();
    const client = await openExec(url);
    client.send(3, JSON.stringify({ command: "echo $$ > pid; exec sleep 1000" }));
    await eventually(async () => (await run({ command: "test -s pid" })).exitCode === 0);
    client.socket.terminate();
    await eventually(async () => (await run({ command: "kill -0 $(cat pid)" })).exitCode !== 0);
  });

  it("closes on frames that are none of the protocol", async () => {
    const { url } = await start();
    const text = await openExec(url);
    text.socket.send("hello");
    expect(await text.closed).toBe(1003);
    for (const frame of [Buffer.of(9), Buffer.from([3, 123]), Buffer.from("\u0003{}")]) {
      const client = await openExec(url);
      client.socket.send(frame);
      expect(await client.closed).toBe(1007);
    }
  });
});
