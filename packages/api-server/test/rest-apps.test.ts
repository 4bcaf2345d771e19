import { appStatus, type WorkspacedApp } from "@k8shell/contract";
import { describe, expect, it } from "vitest";
import { appRoutes } from "../src/routes/apps.ts";
import { eventually, startDaemon, startWorkspaceGateway, workspaceName } from "./workspace-fixture.ts";

const app = (name: string, fields: Partial<WorkspacedApp>): WorkspacedApp => ({
  name,
  enabled: true,
  binary: "",
  start: ["/bin/sh", "-c", "echo ready; exec sleep 600"],
  listen: 0,
  restartPolicy: "never",
  autoStart: false,
  protocol: "http",
  ...fields,
});

/** A workspace with these apps behind a gateway. */
const setUp = async (apps: WorkspacedApp[], enableApps = true) => {
  const daemon = await startDaemon({ enableApps, apps });
  const gateway = await startWorkspaceGateway({
    daemon,
    routes: (workspaces) => appRoutes({ backends: { workspaces } }),
  });
  const base = `${gateway.url}/api/v1/workspaces/${workspaceName}/apps`;
  const call = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(`${base}${path}`, { method, headers });
  const statusOf = async (name: string) => {
    const found = appStatus.array().parse(await (await call("GET", "")).json());
    return found.find((candidate) => candidate.name === name)?.status;
  };
  return { ...gateway, call, statusOf };
};

describe("the apps of a workspace", () => {
  it("are listed by name, started and stopped", async () => {
    const { call, statusOf } = await setUp([app("web", { listen: 8080 }), app("api", {})]);
    const listed = appStatus.array().parse(await (await call("GET", "")).json());
    expect(listed).toMatchObject([
      { name: "api", status: "STOPPED" },
      { name: "web", status: "STOPPED", port: 8080, protocol: "http" },
    ]);
    expect((await call("POST", "/api/start")).status).toBe(204);
    await eventually(async () => (await statusOf("api")) === "RUNNING");
    expect((await call("POST", "/api/start")).status).toBe(409);
    expect((await call("POST", "/api/stop")).status).toBe(204);
    expect(await statusOf("api")).toBe("STOPPED");
  });

  it("are none where apps are not enabled", async () => {
    const { call } = await setUp([], false);
    const response = await call("GET", "");
    expect([response.status, await response.json()]).toEqual([200, []]);
    for (const verb of ["start", "stop", "install"])
      expect((await call("POST", `/web/${verb}`)).status).toBe(404);
    expect((await call("GET", "/web/logs")).status).toBe(404);
  });

  it("are installed in the background, with a log of their own", async () => {
    const install =
      'echo "step 1"; echo "step 2"; mkdir -p ~/bin; printf "#!/bin/sh\\n" > ~/bin/tool; chmod +x ~/bin/tool';
    const { call, statusOf } = await setUp([app("tool", { binary: "~/bin/tool", install })]);
    expect(await statusOf("tool")).toBe("NOT-INSTALLED");
    const begun = await call("POST", "/tool/install");
    expect([begun.status, await begun.json()]).toEqual([202, { message: "tool is being installed" }]);
    await eventually(async () => (await statusOf("tool")) === "STOPPED");
    expect(await (await call("GET", "/tool/logs?logType=install")).text()).toContain("step 1\nstep 2\n");
    expect((await call("POST", "/tool/install?force=true")).status).toBe(202);
    await eventually(async () => (await statusOf("tool")) === "STOPPED");
    expect((await call("POST", "/tool/install?force=perhaps")).status).toBe(400);
  });

  it("refuse commands to apps that are not there", async () => {
    const { call } = await setUp([app("web", {})]);
    for (const verb of ["start", "stop", "install"])
      expect((await call("POST", `/none/${verb}`)).status).toBe(404);
    expect((await call("GET", "/none/logs")).status).toBe(404);
    expect((await call("GET", "/none/logs?follow=true")).status).toBe(404);
    expect((await call("GET", "/web/logs?logType=other")).status).toBe(400);
  });
});

describe("the log of an app", () => {
  const counting = app("count", {
    start: ["/bin/sh", "-c", 'for i in 1 2 3; do echo "line $i"; sleep 0.3; done'],
  });

  it("is empty before the app has run", async () => {
    const { call } = await setUp([counting]);
    for (const query of ["", "?follow=true", "?follow=true&logType=install"]) {
      const response = await call("GET", `/count/logs${query}`);
      expect([response.status, await response.text()]).toEqual([200, ""]);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    }
  });

  it("is followed while the app runs and ends with it", async () => {
    const { call, statusOf } = await setUp([counting]);
    await call("POST", "/count/start");
    await eventually(async () => (await statusOf("count")) === "RUNNING");
    const response = await call("GET", "/count/logs?follow=true");
    // The daemon may add a line of its own about the end.
    const text = await response.text();
    expect(text).toMatch(/^line 1\nline 2\nline 3\n/);
    expect(await (await call("GET", "/count/logs")).text()).toBe(text);
  });

  it("is an event stream on request, one event per line", async () => {
    const { call, statusOf } = await setUp([counting]);
    await call("POST", "/count/start");
    await eventually(async () => (await statusOf("count")) === "RUNNING");
    const events = "data: line 1\n\ndata: line 2\n\ndata: line 3\n\n";
    const accept = { accept: "text/event-stream" };
    const followed = await call("GET", "/count/logs?follow=true", accept);
    expect(followed.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const text = (await followed.text()).replaceAll(": ping\n\n", "");
    expect(text.slice(0, events.length)).toBe(events);
    expect(await (await call("GET", "/count/logs", accept)).text()).toBe(text);
  });

  it("can be left by the client while the app runs on", async () => {
    const { call, statusOf } = await setUp([app("web", {})]);
    await call("POST", "/web/start");
    await eventually(async () => (await statusOf("web")) === "RUNNING");
    const response = await call("GET", "/web/logs?follow=true");
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("ready\n");
    await reader?.cancel();
    expect(await statusOf("web")).toBe("RUNNING");
  });
});
