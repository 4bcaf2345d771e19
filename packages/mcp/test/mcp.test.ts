import { resolve } from "node:path";
import { Client as McpClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, newDataDir, type RunningServer, startServerProcess } from "../../../test/e2e/harness.ts";
import { takeWebAppPort } from "../../../test/e2e/web-app-port.ts";

const poll = { interval: 100 };

let server: RunningServer;
let agent: McpClient;

const connect = async (token: string | undefined): Promise<McpClient> => {
  const client = new McpClient({ name: "test", version: "1" });
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL("/mcp", server.url), { requestInit: { headers } }),
  );
  return client;
};

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  agent = await connect(await server.adminToken());
});
afterAll(async () => {
  await agent?.close();
  await discard(server);
});

const call = async (name: string, input: Record<string, unknown>, client = agent) => {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: input }));
  const [content] = result.content;
  return {
    failed: result.isError === true,
    text: content?.type === "text" ? content.text : "",
    data: result.structuredContent ?? {},
  };
};

let workspace = "";

it("tells its tools, and which of them read, write or destroy", async () => {
  const { tools } = await agent.listTools();
  const destructive = tools.filter(({ annotations }) => annotations?.destructiveHint === true);
  expect(destructive.map(({ name }) => name).sort()).toEqual([
    "delete_file",
    "delete_workspace",
    "exec",
    "stop_workspace",
    "write_file",
  ]);
  const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint === true);
  expect(reading.map(({ name }) => name)).toContain("read_file");
  for (const { description, inputSchema } of tools) {
    expect(description).toBeTruthy();
    expect(inputSchema.type).toBe("object");
  }
});

it("makes a workspace and waits for it, telling how far it is", async () => {
  const progress: number[] = [];
  const result = CallToolResultSchema.parse(
    await agent.callTool({ name: "create_workspace", arguments: { blueprint: "dev" } }, undefined, {
      onprogress: ({ progress: percent }) => progress.push(percent),
    }),
  );
  expect(result.isError).toBeUndefined();
  workspace = String(result.structuredContent?.workspace);
  expect(progress).toContain(100);
  expect((await call("wait_for_workspace", { workspace })).data).toMatchObject({ status: "Running" });
  expect((await call("list_workspaces", {})).text).toContain(workspace);
});

it("makes nothing of two sources at once, or of none", async () => {
  for (const input of [{}, { blueprint: "dev", repository: "ann/notes" }]) {
    const refused = await call("create_workspace", input);
    expect(refused).toMatchObject({ failed: true, text: expect.stringContaining("either") });
  }
  expect((await call("list_workspaces", {})).data).toMatchObject({
    workspaces: [{ name: workspace }],
    leftOut: 0,
  });
});

it("runs commands and answers their exit codes", async () => {
  const good = await call("exec", { workspace, command: ["echo", "$HOME"] });
  expect(good).toMatchObject({ failed: false, data: { stdout: "$HOME\n", exitCode: 0 } });
  const bad = await call("exec", { workspace, command: "echo no >&2; exit 4" });
  expect(bad).toMatchObject({ failed: true, data: { stderr: "no\n", exitCode: 4 } });
  const long = await call("exec", { workspace, command: "seq 1 1000000" });
  expect(long.data.stdoutTruncated).toBe(true);
  const binary = await call("exec", { workspace, command: "head -c 1000000 /dev/zero | tee /dev/stderr" });
  for (const { text, data } of [long, binary]) {
    expect(text.length).toBeLessThanOrEqual(64 * 1024);
    expect(JSON.parse(text)).toEqual(data);
  }
});

it("writes, lists, reads in parts, searches and deletes files", async () => {
  const content = `${"line\n".repeat(20_000)}the needle\n`;
  expect((await call("write_file", { workspace, path: "a/b/notes.txt", content })).data).toMatchObject({
    created: true,
  });
  expect((await call("list_files", { workspace, path: "a/b" })).text).toContain("notes.txt");
  const first = await call("read_file", { workspace, path: "a/b/notes.txt", length: 10 });
  expect(first.text).toBe("line\nline\n\n[100001 more bytes: read on at offset 10]");
  const last = await call("read_file", { workspace, path: "a/b/notes.txt", offset: 100_000 });
  expect(last.text).toBe("the needle\n");
  expect((await call("search_files", { workspace, pattern: "need.e", glob: "*.txt" })).data).toEqual({
    matches: ["./a/b/notes.txt:20001:the needle"],
    leftOut: false,
  });
  expect((await call("search_files", { workspace, pattern: "absent" })).data).toMatchObject({ matches: [] });
  await call("write_file", { workspace, path: "a/umlauts.txt", content: "ää" });
  expect((await call("read_file", { workspace, path: "a/umlauts.txt", length: 3 })).text).toBe(
    "ä\n[2 more bytes: read on at offset 2]",
  );
  await call("exec", { workspace, command: "printf 'caf\\351' > a/latin.txt" });
  expect((await call("read_file", { workspace, path: "a/latin.txt" })).text).toContain("not UTF-8");
  expect((await call("delete_file", { workspace, path: "a", recursive: true })).failed).toBe(false);
  expect(await call("read_file", { workspace, path: "a/b/notes.txt" })).toMatchObject({ failed: true });
});

it("a request that its client cancels, or does not wait for any longer, ends what it began", async () => {
  const answers = async (command: string) => (await call("exec", { workspace, command })).data.exitCode === 0;
  const isRunning = (name: string) => answers(`pgrep -f '[s]leep ${name}'`);
  const exec = (client: McpClient, command: string, options?: RequestOptions) =>
    client.callTool(
      { name: "exec", arguments: { workspace, command, timeoutSeconds: 3000 } },
      undefined,
      options,
    );
  // Clients count their requests each for themselves: the first of both has the same number.
  const [one, other] = [await connect(await server.adminToken()), await connect(await server.adminToken())];
  const staying = exec(other, "touch began; until [ -e go ]; do sleep 0.1; done; echo stayed");
  await expect.poll(() => answers("test -e began"), poll).toBe(true);

  const cancel = new AbortController();
  const cancelled = exec(one, "sleep 7001", { signal: cancel.signal, timeout: 600_000 });
  await expect.poll(() => isRunning("7001"), poll).toBe(true);
  cancel.abort();
  await expect(cancelled).rejects.toThrow();
  await expect.poll(() => isRunning("7001"), poll).toBe(false);

  await expect(exec(one, "sleep 7002", { timeout: 2000 })).rejects.toThrow();
  await expect.poll(() => isRunning("7002"), poll).toBe(false);

  await answers("touch go");
  expect(CallToolResultSchema.parse(await staying).structuredContent).toMatchObject({ stdout: "stayed\n" });
  await Promise.all([one.close(), other.close()]);
});

it("controls apps, reads their logs and tells the address of a port", async () => {
  await takeWebAppPort();
  expect((await call("control_app", { workspace, app: "web", action: "start" })).failed).toBe(false);
  for (;;) {
    const { data } = await call("list_apps", { workspace });
    if (JSON.stringify(data).includes('"RUNNING"')) break;
  }
  for (;;) {
    if ((await call("app_logs", { workspace, app: "web" })).text.includes("serving")) break;
  }
  expect((await call("open_port", { workspace, port: 8080 })).data.url).toContain(`8080--${workspace}`);
  expect((await call("control_app", { workspace, app: "web", action: "stop" })).failed).toBe(false);
});

it("a refusal is an answer with the server's words, not a failure of the protocol", async () => {
  const missing = await call("exec", { workspace: "nobody-0000000", command: "true" });
  expect(missing.failed).toBe(true);
  expect(missing.text).toContain("not_found");
});

it("a token's scopes limit each tool by itself", async () => {
  const body = { name: "reader", scopes: ["workspace:list", "workspace:read", "workspace:files"] };
  const created = (await (await server.api("POST", "/me/tokens", { body })).json()) as { token: string };
  const limited = await connect(created.token);
  expect((await call("list_workspaces", {}, limited)).failed).toBe(false);
  expect((await call("list_files", { workspace }, limited)).failed).toBe(false);
  const exec = await call("exec", { workspace, command: "true" }, limited);
  expect(exec).toMatchObject({ failed: true });
  expect(exec.text).toContain("workspace:connect:webshell");
  expect((await call("delete_workspace", { workspace }, limited)).failed).toBe(true);
  await limited.close();
});

it("nobody gets in without a valid token, and there is nothing to GET", async () => {
  await expect(connect(undefined)).rejects.toThrow();
  await expect(connect("k8sh_wrong")).rejects.toThrow();
  expect((await fetch(`${server.url}/mcp`)).status).toBe(405);
  const malformed = await fetch(`${server.url}/mcp`, {
    method: "POST",
    headers: { authorization: `Bearer ${await server.adminToken()}`, "content-type": "application/json" },
    body: '{"hello": 1}',
  });
  expect(malformed.status).toBe(400);
});

it("the command serves the same tools on standard input and output", async () => {
  const client = new McpClient({ name: "test", version: "1" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [resolve(import.meta.dirname, "../../cli/dist/k8shell-cli.mjs"), "mcp"],
      env: { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: await server.adminToken() },
    }),
  );
  expect((await call("exec", { workspace, command: "echo hi" }, client)).data).toMatchObject({
    stdout: "hi\n",
  });
  await client.close();
});

it("deletes a workspace", async () => {
  expect((await call("delete_workspace", { workspace })).failed).toBe(false);
  expect((await call("wait_for_workspace", { workspace })).text).toContain("not_found");
});
