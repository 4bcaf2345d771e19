import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  type Assembled,
  bearer,
  createWorkspace,
  handshakeStatus,
  startAssembled,
  textOf,
} from "./assembled.ts";
import { openTerminal } from "./terminal-client.ts";
import { eventually } from "./workspace-fixture.ts";

let product: Assembled;
let workspace: string;

beforeAll(async () => {
  product = await startAssembled();
  ({ workspace } = await createWorkspace(product, "admin", product.admin));
});
afterAll(() => product.close());

const terminalPath = (tab: string) => `/api/v1/workspaces/${workspace}/interactive?tab=${tab}`;
const filePath = (path: string) => `/api/v1/workspaces/${workspace}/files?path=${encodeURIComponent(path)}`;

test("a terminal of the whole product runs commands in the workspace, and its explorer sees what they made", async () => {
  const terminal = await openTerminal(`${product.server.url}${terminalPath("a")}`, {
    headers: { ...product.admin },
  });
  terminal.type("cd && mkdir -p made && echo content > made/file && echo done-$((1 + 1))\n");
  await terminal.shows("done-2");
  const listed = await terminal.explore({ case: "listFiles", value: { path: "made" } });
  expect(listed?.case === "listFiles" && listed.value.files.map(({ name, size }) => [name, size])).toEqual([
    ["file", 8n],
  ]);
  const content = await product.request("GET", filePath("made/file"), { credentials: product.admin });
  expect(await content.text()).toBe("content\n");
  await terminal.close();
});

test("what is uploaded is a file of the workspace's user", async () => {
  const bytes = Buffer.from("#!/bin/sh\necho ran as $(id -un)\n");
  const put = await product.request("PUT", filePath("script"), { credentials: product.admin, bytes });
  expect(put.status).toBe(201);
  const terminal = await openTerminal(`${product.server.url}${terminalPath("b")}`, {
    headers: { ...product.admin },
  });
  terminal.type("sh ~/script; stat -c 'owner %U' ~/script; echo \"user $(id -un)\"\n");
  await terminal.until(() => /\nuser (\S+)\r/.test(terminal.output));
  const user = /\nuser (\S+)\r/.exec(terminal.output)?.[1];
  expect(terminal.output).toContain(`ran as ${user}\r\n`);
  expect(terminal.output).toContain(`owner ${user}\r\n`);
  await terminal.close();
});

test("a token needs the scope of each part of the socket", async () => {
  const tokenWith = async (name: string, scopes: string[]) => {
    const body = { name, scopes };
    const answer = await product.api("POST", "/me/tokens", { credentials: product.admin, body });
    return bearer(textOf(answer, "token"));
  };
  const without = await tokenWith("t-without", ["workspace:read"]);
  expect(await handshakeStatus(product.server, terminalPath("c"), without)).toBe(403);
  const shellOnly = await tokenWith("t-shell", ["workspace:connect:webshell"]);
  const terminal = await openTerminal(`${product.server.url}${terminalPath("c")}`, {
    headers: { ...shellOnly },
  });
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  const refused = await terminal.explore({ case: "listFiles", value: { path: "" } });
  expect(refused?.case === "listFiles" && refused.value.error).toContain("workspace:connect:webfiles");
  await terminal.close();
  const both = await tokenWith(
    "t-both",
    ["workspace:connect"].map((prefix) => `${prefix}:*`),
  );
  const full = await openTerminal(`${product.server.url}${terminalPath("c")}`, { headers: { ...both } });
  const listed = await full.explore({ case: "listFiles", value: { path: "" } });
  expect(listed?.case === "listFiles" && listed.value.error).toBeUndefined();
  await full.close();
});

test("nobody gets a terminal without signing in, nor from a page of another origin", async () => {
  expect(await handshakeStatus(product.server, terminalPath("d"), {})).toBe(401);
  expect(
    await handshakeStatus(product.server, terminalPath("d"), {
      ...product.admin,
      origin: "https://evil.example",
    }),
  ).toBe(403);
});

test("a terminal is a session of its user, open while it is and closed after it", async () => {
  const terminal = await openTerminal(`${product.server.url}${terminalPath("e")}`, {
    headers: { ...product.admin, "user-agent": "E2E/1" },
  });
  terminal.type("echo on-$((1 + 1))\n");
  await terminal.shows("on-2");
  const mine = async () => {
    const list = await product.api("GET", "/me/sessions?all=true", { credentials: product.admin });
    if (!Array.isArray(list)) throw new Error("no list");
    return list.filter((entry: { client?: string }) => entry.client === "E2E/1");
  };
  await eventually(async () => (await mine()).length === 1);
  expect((await mine())[0]).toMatchObject({ workspace, username: "admin", endTime: null });
  await terminal.close();
  await eventually(async () => (await mine())[0]?.endTime !== null);
});

test("kill -9 of the server in the middle of a terminal: the next one has the same shell, its output and its record", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-kill-"));
  const main = join(import.meta.dirname, "../src/main.ts");
  const startServer = async (...more: string[]) => {
    const child = spawn(process.execPath, [main, "--data", dataDir, "--port", "0", ...more], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    for await (const line of createInterface({ input: child.stdout })) {
      said += `${line}\n`;
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url) return { child, url };
    }
    throw new Error(`the server did not start: ${said}`);
  };
  const end = async ({ child }: Awaited<ReturnType<typeof startServer>>, signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  let server = await startServer();
  onTestFinished(async () => {
    // Whatever became of the test: a killed server's workspaces go on until another one stops them.
    await end(server, "SIGKILL");
    await end(await startServer("--stop-workspaces"), "SIGTERM");
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
  });
  const admin = bearer((await readFile(join(dataDir, "admin.token"), "utf8")).trim());
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { ...admin, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const created = await api("POST", "/workspaces", { username: "admin", blueprint: "dev" });
  const name = textOf(created, "workspace");
  const jobId = textOf(created, "jobId");
  await eventually(async () => textOf(await api("GET", `/jobs/${jobId}`), "status") === "completed");

  const open = () =>
    openTerminal(`${server.url}/api/v1/workspaces/${name}/interactive?tab=t`, { headers: { ...admin } });
  const before = await open();
  before.type("mark=survivor; echo shown-before-$((1 + 1)) pid=$$=\n");
  await before.until(() => /pid=\d+=/.test(before.output));
  const pid = /pid=(\d+)=/.exec(before.output)?.[1];
  await eventually(async () => {
    const list = await api("GET", "/me/sessions");
    return Array.isArray(list) && list.length === 1;
  });
  await end(server, "SIGKILL");
  expect((await before.closed).code).toBe(1006);

  server = await startServer();
  const after = await open();
  await after.shows("shown-before-2");
  after.type("echo mark-$mark again=$$=\n");
  await after.shows(`mark-survivor again=${pid}=`);
  const sessions = await api("GET", "/me/sessions");
  expect(sessions).toMatchObject([{ workspace: name, endTime: null }]);
  expect(textOf(await api("GET", `/jobs/${jobId}`), "status")).toBe("completed");
  await after.close();
});
