import {
  injectNamespaces,
  workspaceCreateResponse,
  workspaceLogEntry,
  workspaceLogPage,
  workspaceTerminalSession,
} from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, createWorkspace, startAssembled } from "./assembled.ts";
import { openTerminal } from "./terminal-client.ts";

let assembled: Assembled;
let alice: Credentials;
let mallory: Credentials;
let workspace: string;

const call: Assembled["call"] = (...request) => assembled.call(...request);

beforeAll(async () => {
  assembled = await startAssembled();
  alice = await addUser(assembled, "alice", { roles: ["developer"] });
  mallory = await addUser(assembled, "mallory", { roles: ["developer"] });
  ({ workspace } = await createWorkspace(assembled, "alice", alice));
});

afterAll(() => assembled?.close());

test("a detached terminal is listed until somebody looks at it", async () => {
  const list = async () =>
    workspaceTerminalSession
      .array()
      .parse((await call("GET", `/workspaces/${workspace}/terminals`, alice)).body);
  expect(await list()).toEqual([]);
  const url = `${assembled.server.url}/api/v1/workspaces/${workspace}/interactive?tab=t1`;
  const terminal = await openTerminal(url, { headers: { ...alice } });
  terminal.type("echo he''llo\n");
  await terminal.shows("hello");
  expect(await list()).toEqual([]);
  await terminal.close();
  await expect.poll(async () => (await list()).length).toBe(1);
  expect((await list())[0]).toMatchObject({
    session_id: expect.stringMatching(/^ws-/),
    owner: "alice",
    shell: expect.stringContaining("sh"),
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    detached_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
  const again = await openTerminal(url, { headers: { ...alice } });
  await again.shows("hello");
  expect(await list()).toEqual([]);
  await again.close();
  expect((await call("GET", `/workspaces/${workspace}/terminals`, mallory)).status).toBe(403);
});

test("the daemon's log is given out in pages, oldest entry first", async () => {
  const page = async (query = "") =>
    workspaceLogPage.parse((await call("GET", `/workspaces/${workspace}/logs/page${query}`, alice)).body);
  // Each transfer is a process of the daemon's, which it logs.
  await (
    await assembled.request("GET", `/api/v1/workspaces/${workspace}/files?path=.&format=tar`, {
      credentials: alice,
    })
  ).arrayBuffer();
  await expect.poll(async () => (await page()).entries.length).toBeGreaterThan(1);
  const all = await page();
  const ids = all.entries.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  const newest = await page("?limit=1");
  expect(newest).toMatchObject({ entries: [{ id: expect.any(Number) }], has_more: true });
  const before = await page(`?limit=1&before_id=${newest.entries[0]?.id}`);
  expect(before.entries[0]?.id).toBeLessThan(newest.entries[0]?.id ?? 0);
  expect((await page("?component=nobody")).entries).toEqual([]);
  expect((await page("?level=fatal")).entries).toEqual([]);
  expect((await call("GET", `/workspaces/${workspace}/logs/page?level=loud`, alice)).status).toBe(400);
  expect((await call("GET", `/workspaces/${workspace}/logs/page`, mallory)).status).toBe(403);
});

test("the daemon's log is streamed as one JSON object per line, and followed on request", async () => {
  const { request } = assembled;
  const path = `/api/v1/workspaces/${workspace}/logs`;
  const once = await request("GET", `${path}?lastN=2`, { credentials: alice });
  expect(once.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await once.text()).trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines) workspaceLogEntry.parse(JSON.parse(line));

  const followed = await request("GET", `${path}?follow=true&level=fatal`, { credentials: alice });
  expect(followed.status).toBe(200);
  await followed.body?.cancel();

  const response = await request("GET", `${path}?follow=true&lastN=1`, { credentials: alice });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (count: number) => {
    while (text.split("\n").length - 1 < count) {
      const next = await reader?.read();
      if (!next || next.done) throw new Error("the stream ended");
      text += next.value;
    }
  };
  await until(1);
  const terminal = await openTerminal(
    `${assembled.server.url}/api/v1/workspaces/${workspace}/interactive?tab=t2`,
    { headers: { ...alice } },
  );
  terminal.type("exit\n");
  await terminal.closed;
  await until(2);
  await reader?.cancel();
});

test("a workspace is stopped and started again under the job it had", async () => {
  expect((await call("POST", `/workspaces/${workspace}/start`, alice)).status).toBe(409);
  expect((await call("POST", `/workspaces/${workspace}/start`, mallory)).status).toBe(403);
  expect((await call("DELETE", `/workspaces/${workspace}`, alice)).status).toBe(202);
  for (const path of ["terminals", "logs", "logs/page"]) {
    expect((await call("GET", `/workspaces/${workspace}/${path}`, alice)).status, path).toBe(409);
  }
  const started = await call("POST", `/workspaces/${workspace}/start`, alice);
  expect(started.status).toBe(202);
  const { jobId, monitorUrl } = workspaceCreateResponse.parse(started.body);
  expect(monitorUrl).toBe(`/api/v1/jobs/${jobId}`);
  const events = await assembled.request("GET", monitorUrl, {
    credentials: { ...alice, accept: "text/event-stream" },
  });
  expect((await events.text()).trimEnd().split("\n\n").at(-1)).toContain('"status":"Running"');
  expect((await call("GET", `/workspaces/${workspace}`, alice)).body).toMatchObject({ status: "Running" });
  expect((await call("POST", "/workspaces/nobody-0000000/start", alice)).status).toBe(404);
});

test("where there is no cluster there is nothing to inject into, and the answer says so", async () => {
  const namespaces = await call("GET", "/inject/namespaces", alice);
  expect(injectNamespaces.parse(namespaces.body)).toEqual({ namespaces: [] });
  expect((await call("GET", "/inject/workloads?kind=pod", alice)).status).toBe(400);
  const workloads = await call("GET", "/inject/workloads?kind=deployment,daemonset", alice);
  expect(workloads.status).toBe(409);
  expect(workloads.body).toMatchObject({ msg: expect.stringContaining("no cluster") });
});
