import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, newDataDir, type RunningServer, startServerProcess } from "../../../test/e2e/harness.ts";
import { takeWebAppPort } from "../../../test/e2e/web-app-port.ts";
import { type Client, createClient, K8shellError } from "../src/index.ts";

let server: RunningServer;
let client: Client;
let workspace: string;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
  client = createClient({ server: server.url, token: await server.adminToken() });
});
afterAll(() => discard(server));

it("creates a workspace, follows its events and waits until it runs", async () => {
  const created = await client.createWorkspace({ username: "admin", blueprint: "dev" });
  const events: string[] = [];
  const result = await created.ready({ onEvent: ({ type }) => events.push(type) });
  expect(result).toMatchObject({ workspace: created.workspace, status: "Running", succeeded: true });
  expect(events).toContain("progress");
  workspace = created.workspace;
  expect(await client.api.getWorkspace({ name: workspace })).toMatchObject({ status: "Running" });
});

it("uploads and downloads files, whole and in part", async () => {
  const files = client.files(workspace);
  expect(await files.upload("notes.txt", "hello world")).toEqual({ created: true });
  expect(await files.upload("notes.txt", "hello there")).toEqual({ created: false });
  const { body, size } = await files.download("notes.txt", { range: { start: 6, end: 11 } });
  expect(size).toBe(5);
  expect(await new Response(body).text()).toBe("there");
  await expect(files.upload("notes.txt", "x", { ifNoneMatch: "*" })).rejects.toMatchObject({ status: 412 });
});

it("starts an app and reads its log", async () => {
  await takeWebAppPort();
  await client.api.startApp({ name: workspace, app: "web" });
  for (;;) {
    const apps = await client.api.listApps({ name: workspace });
    if (apps.find(({ name }) => name === "web")?.status === "RUNNING") break;
  }
  const lines: string[] = [];
  for await (const line of client.logs.app(workspace, "web", { follow: true })) {
    lines.push(line);
    break;
  }
  expect(lines[0]).toMatch(/serving .*public_html/);
  const entries = [];
  for await (const entry of client.logs.workspace(workspace, { lastN: 5 })) entries.push(entry);
  expect(entries.length).toBeGreaterThan(0);
  await client.api.stopApp({ name: workspace, app: "web" });
});

it("gives the server's words and code where something is refused", async () => {
  const error = await client.api.getWorkspace({ name: "nobody-0000000" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(K8shellError);
  expect(error).toMatchObject({ status: 404, code: "not_found" });
});
