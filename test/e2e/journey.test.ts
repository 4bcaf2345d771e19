import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CloudshellClient, openCloudshell } from "./cloudshell-client.ts";
import {
  createWorkspace,
  discard,
  eventually,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "./harness.ts";
import { takeWebAppPort } from "./web-app-port.ts";

/** What a person does on one machine, from the first request to the last, in order. */
describe("the main job on one machine", () => {
  let server: RunningServer;
  let workspace = "";
  let terminal: CloudshellClient;

  beforeAll(async () => {
    server = await startServerProcess(await newDataDir());
  });
  afterAll(async () => {
    await discard(server);
  });

  test("a workspace is created from a blueprint and its job is followed to the end", async () => {
    const created = await createWorkspace(server, { username: "admin", blueprint: "dev" });
    workspace = created.workspace;
    expect(workspace).toMatch(/^admin-[0-9a-f]{7}$/);
    expect(created.monitorUrl).toBe(`/api/v1/jobs/${created.jobId}`);
    expect(created.events.map(({ id }) => id)).toEqual(created.events.map((_, index) => index + 1));
    const progress = created.events
      .filter(({ type }) => type === "progress")
      .map(({ status }) => Number(status));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(100);
    expect(created.events.filter(({ type }) => type === "status").at(-1)?.status).toBe("Running");
    for (const event of created.events) expect(event.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);

    const job = (await (await server.api("GET", `/jobs/${created.jobId}`)).json()) as Record<string, unknown>;
    expect(job).toMatchObject({
      id: created.jobId,
      status: "completed",
      workspaceName: workspace,
      username: "admin",
    });
    const replay = await server.api("GET", `/jobs/${created.jobId}`, {
      headers: { accept: "text/event-stream" },
    });
    expect((await replay.text()).match(/^data:/gm)?.length).toBe(created.events.length);
  });

  test("creating it again while it runs is a conflict", async () => {
    const response = await server.api("POST", "/workspaces", {
      body: { username: "admin", blueprint: "dev" },
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      status: 409,
      msg: expect.any(String),
      requestId: expect.any(String),
    });
  });

  test("it is listed and described", async () => {
    const list = (await (await server.api("GET", "/workspaces/")).json()) as Array<Record<string, unknown>>;
    expect(list.map(({ name }) => name)).toEqual([workspace]);
    const details = (await (await server.api("GET", `/workspaces/${workspace}`)).json()) as Record<
      string,
      unknown
    >;
    expect(details).toMatchObject({
      name: workspace,
      username: "admin",
      blueprint: "dev",
      status: "Running",
      workspaceType: "standalone",
      serverName: expect.stringContaining(workspace),
      jobId: expect.any(String),
      restarts: 0,
    });
    const info = (await (await server.api("GET", `/workspaces/${workspace}/sysinfo`)).json()) as {
      system: { memoryUsageMiB: number };
    };
    expect(info.system.memoryUsageMiB).toBeGreaterThan(0);
  });

  test("a real shell runs in it as the user, in the user's home", async () => {
    terminal = await openCloudshell(server, workspace, { tab: "one", cols: 101, rows: 31 });
    terminal.type("stty size; whoami; pwd; tty\n");
    const output = await terminal.waitFor(/\/dev\/pts\/\d+/);
    expect(output).toContain("31 101");
    expect(output).toMatch(/^admin\r?$/m);
    expect(output).toMatch(/\/home\/admin/);
    terminal.send({ case: "terminalResize", value: { cols: 77, rows: 22 } });
    terminal.type("stty size\n");
    await terminal.waitFor("22 77");
    const before = terminal.output().length;
    terminal.type("printf '%s\\n' 'héllo ✓ 🚀'\n");
    await terminal.waitFor(/[\r\n]héllo ✓ 🚀/, before);
  });

  test("the shell survives a lost connection, with its output", async () => {
    terminal.type("export MARK=kept; (sleep 1; echo later-$((3*3))) &\n");
    await terminal.waitFor("MARK=kept");
    await terminal.close();
    terminal = await openCloudshell(server, workspace, { tab: "one" });
    await terminal.waitFor("later-9");
    const before = terminal.output().length;
    terminal.type("echo mark=$MARK\n");
    await terminal.waitFor("mark=kept", before);
  });

  test("the file explorer works on the same socket", async () => {
    const made = await terminal.explore({
      id: "1",
      payload: {
        case: "command",
        value: { payload: { case: "makeDirectory", value: { path: "/home/admin", name: "box" } } },
      },
    });
    expect(made.payload.case).toBe("makeDirectory");
    expect(made.payload.value?.error).toBeUndefined();
    const listed = await terminal.explore({
      id: "2",
      payload: { case: "command", value: { payload: { case: "listFiles", value: { path: "/home/admin" } } } },
    });
    const files = listed.payload.case === "listFiles" ? listed.payload.value.files : [];
    expect(files.find(({ name }) => name === "box")).toMatchObject({ path: "/home/admin/box", isDir: true });
    const cwd = await terminal.explore({
      id: "3",
      payload: { case: "command", value: { payload: { case: "getCwd", value: {} } } },
    });
    expect(cwd.payload).toMatchObject({ case: "getCwd", value: { path: "/home/admin" } });
    const removed = await terminal.explore({
      id: "4",
      payload: {
        case: "command",
        value: { payload: { case: "remove", value: { path: "/home/admin/box" } } },
      },
    });
    expect(removed.payload.case).toBe("remove");
    expect(removed.payload.value?.error).toBeUndefined();
  });

  test("files go up and come down unchanged and are real inside", async () => {
    const content = Buffer.alloc(3_000_001, "k8shell ");
    const headers = {
      authorization: `Bearer ${await server.adminToken()}`,
      "content-type": "application/octet-stream",
    };
    const url = `${server.url}/api/v1/workspaces/${workspace}/files?path=data.bin`;
    expect((await fetch(url, { method: "PUT", headers, body: content })).status).toBe(201);
    expect((await fetch(url, { method: "PUT", headers, body: content })).status).toBe(204);
    const down = await fetch(url, { headers });
    expect(down.headers.get("content-length")).toBe(String(content.length));
    expect(Buffer.from(await down.arrayBuffer()).equals(content)).toBe(true);
    const before = terminal.output().length;
    terminal.type("wc -c < ~/data.bin\n");
    await terminal.waitFor("3000001", before);
    const part = await fetch(url, { headers: { ...headers, range: "bytes=2-8" } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe("shell k");
    expect((await fetch(`${url.replace("data.bin", "no/such")}`, { headers })).status).toBe(404);
  });

  test("apps are listed, started, followed and stopped", async () => {
    await takeWebAppPort();
    const apps = (await (await server.api("GET", `/workspaces/${workspace}/apps`)).json()) as Array<{
      name: string;
      status: string;
    }>;
    expect(apps.map(({ name }) => name)).toEqual(["code-server", "web"]);
    expect(apps.find(({ name }) => name === "code-server")?.status).toBe("NOT-INSTALLED");
    expect(apps.find(({ name }) => name === "web")?.status).toBe("STOPPED");
    expect((await server.api("POST", `/workspaces/${workspace}/apps/web/start`)).status).toBeLessThan(300);
    await eventually(async () => {
      const now = (await (await server.api("GET", `/workspaces/${workspace}/apps`)).json()) as Array<{
        name: string;
        status: string;
      }>;
      return now.find(({ name }) => name === "web")?.status === "RUNNING" ? true : undefined;
    });
    const logs = await server.api("GET", `/workspaces/${workspace}/apps/web/logs`);
    expect(logs.status).toBe(200);
    expect((await logs.text()).length).toBeGreaterThan(0);
    expect((await server.api("POST", `/workspaces/${workspace}/apps/web/stop`)).status).toBeLessThan(300);
    expect((await server.api("POST", `/workspaces/${workspace}/apps/none/start`)).status).toBe(404);
  });

  test("sessions and credentials are the user's to see", async () => {
    const sessions = (await (await server.api("GET", "/me/sessions")).json()) as Array<
      Record<string, unknown>
    >;
    const mine = sessions.filter((session) => session.workspace === workspace);
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.at(-1)).toMatchObject({
      username: "admin",
      operations: expect.arrayContaining(["sh"]),
      blueprint: "dev",
    });
    expect(mine.at(-1)?.channels).toEqual(mine.at(-1)?.operations);
    const added = await server.api("POST", "/me/credentials/git", {
      body: { scope: "https://git.example.com", subject: "me", secret: "s3cret" },
    });
    expect(added.status).toBeLessThan(300);
    expect(JSON.stringify(await (await server.api("GET", "/me/credentials")).json())).not.toContain("s3cret");
    const one = await server.api(
      "GET",
      `/me/credentials/git?scope=${encodeURIComponent("https://git.example.com")}`,
    );
    expect(await one.json()).toMatchObject({ subject: "me", secret: "s3cret", serviceName: "git" });
  });

  test("programs inside reach the API with the workspace's own token", async () => {
    const before = terminal.output().length;
    terminal.type(
      'printf "protocol=https\\nhost=git.example.com\\n\\n" | git credential fill | grep password; ' +
        'echo "api-$(curl -s -o /dev/null -w "%{http_code}" -H "Authorization: Bearer $K8SHELL_PAT_TOKEN" "$K8SHELL_API/api/v1/users/admin/profile" 2>/dev/null)"\n',
    );
    await terminal.waitFor("password=s3cret", before);
  });

  test("it is stopped, started again with its files, and deleted", async () => {
    await terminal.close();
    expect((await server.api("DELETE", `/workspaces/${workspace}`)).status).toBeLessThan(300);
    await eventually(async () => {
      const now = (await (await server.api("GET", `/workspaces/${workspace}`)).json()) as { status: string };
      return now.status === "Stopped" ? true : undefined;
    });
    expect((await server.api("GET", `/workspaces/${workspace}/sysinfo`)).status).toBe(409);
    await createWorkspace(server, { username: "admin", blueprint: "dev" });
    const kept = await server.api("GET", `/workspaces/${workspace}/files?path=data.bin`, {
      headers: { range: "bytes=0-6" },
    });
    expect(await kept.text()).toBe("k8shell");
    expect((await server.api("DELETE", `/workspaces/${workspace}?delete=true`)).status).toBeLessThan(300);
    await eventually(async () =>
      (await server.api("GET", `/workspaces/${workspace}`)).status === 404 ? true : undefined,
    );
    expect(await (await server.api("GET", "/workspaces")).json()).toEqual([]);
  });
});
