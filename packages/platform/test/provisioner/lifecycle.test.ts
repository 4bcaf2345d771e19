import { existsSync } from "node:fs";
import { join } from "node:path";
import { Code } from "@k8shell/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildDaemon,
  collect,
  eventually,
  lastStatus,
  openPlatform,
  type Platform,
  provision,
  readJob,
  run,
  start,
  statusOf,
} from "./harness.ts";

describe("the life of a workspace", () => {
  let platform: Platform;
  let workspace = "";
  let jobId = "";

  beforeAll(async () => {
    await buildDaemon();
    platform = await openPlatform();
  });
  afterAll(() => platform?.discard());

  test("provisioning says the documented things in the documented order", async () => {
    const said = await provision(platform, "Admin~dev");
    expect(said.error).toBe("");
    workspace = said.workspace;
    jobId = said.jobId;
    expect(workspace).toMatch(/^admin-[0-9a-f]{7}$/);
    const statuses = said.events.filter(({ type }) => type === "status").map(({ status }) => status);
    expect(statuses).toEqual(["Starting", "Running", "Running"]);
    expect(
      said.events.filter(({ type }) => type === "progress").map(({ status, message }) => [status, message]),
    ).toEqual(["20", "40", "60", "75", "100"].map((percent) => [percent, `${percent}% complete`]));
    expect(
      said.events.some(({ type, objectName }) => type === "event" && objectName === `Sandbox/${workspace}`),
    ).toBe(true);
  });

  test("its job record is complete and has the platform's form", async () => {
    const job = await readJob(platform, jobId);
    expect(job).toMatchObject({
      id: jobId,
      workspaceName: workspace,
      username: "admin",
      status: "completed",
    });
    const { events } = job;
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    for (const { timestamp } of events) expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "progress", status: "100", message: "100% complete" }),
    );
    expect(Date.parse(String(job.finishedAt))).toBeGreaterThan(Date.parse(String(job.createdAt)) - 1);
  });

  test("it is found with every detail", async () => {
    expect(await platform.provisioner.findWorkspace({ workspace })).toMatchObject({
      name: workspace,
      username: "admin",
      organization: "default",
      blueprint: "dev",
      origin: "dev",
      serverName: `${workspace}.local`,
      podIp: "127.0.0.1",
      port: 2822,
      tlsEnabled: false,
      namespace: "local",
      cpu: "1",
      memory: "2Gi",
      jobId,
      workspaceType: "standalone",
      hostname: `${workspace}.local`,
      workspaceStatus: { status: "Running", restarts: 0, lastFailMessage: "" },
    });
    const { workspaces } = await platform.provisioner.getWorkspacesByUserStr({ userstr: "admin~dev" });
    expect(workspaces.map(({ name }) => name)).toEqual([workspace]);
  });

  test("commands run in it as the user, in the home directory, with node, the tools and the token", async () => {
    const { code, output } = await run(
      platform,
      workspace,
      'whoami; pwd; hostname; node --version; command -v git-credential-k8shell >/dev/null && echo tools; echo "$K8SHELL_WORKSPACE $K8SHELL_USERNAME $K8SHELL_API"; test -n "$K8SHELL_PAT_TOKEN" && test "$(cat /run/secrets/k8shell-pat)" = "$K8SHELL_PAT_TOKEN" && echo pat',
    );
    expect(output.trim().split("\n")).toEqual([
      "admin",
      "/home/admin",
      workspace,
      process.version,
      "tools",
      `${workspace} admin http://127.0.0.1:9101`,
      "pat",
    ]);
    expect(code).toBe(0);
  });

  test("its access token has the documented name and scopes", async () => {
    const { tokens } = await platform.identity.listAccessTokens({ username: "admin" });
    expect(tokens.find(({ name }) => name === workspace)?.scopes.toSorted()).toEqual([
      "session:list:self",
      "user:read:credentials:*:self",
      "user:read:profile:self",
      "user:write:password:self",
      "workspace:delete:self",
    ]);
  });

  test("provisioning and starting it again while it runs is refused in the handshake", async () => {
    for (const said of [await provision(platform, "admin~dev"), await start(platform, workspace)]) {
      expect(said).toMatchObject({ workspace, jobId: "", events: [] });
      expect(said.error).toMatch(/^rpc error: code = AlreadyExists desc = /);
    }
  });

  test("a stop ends its processes and its token and keeps its files", async () => {
    await run(platform, workspace, "echo kept > ~/file; (setsid sleep 4711 &)");
    expect((await platform.provisioner.stopWorkspace({ workspace })).message).toContain("stopped");
    const details = await platform.provisioner.findWorkspace({ workspace });
    expect(details).toMatchObject({ podIp: "", workspaceStatus: { status: "Stopped" } });
    expect(platform.service.addressOf(details)).toBeUndefined();
    const { tokens } = await platform.identity.listAccessTokens({ username: "admin" });
    expect(tokens.map(({ name }) => name)).not.toContain(workspace);
    expect((await platform.provisioner.stopWorkspace({ workspace })).message).toContain("already");
  });

  test("a start continues its job and finds its files", async () => {
    const before = await readJob(platform, jobId);
    const said = await start(platform, workspace);
    expect(said).toMatchObject({ workspace, jobId, error: "" });
    expect(lastStatus(said)).toBe("Running");
    const job = await readJob(platform, jobId);
    expect(job).toMatchObject({ status: "completed", createdAt: before.createdAt });
    const { events } = job;
    expect(events.length).toBeGreaterThan(before.events.length);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect((await run(platform, workspace, "cat ~/file")).output).toBe("kept\n");
  });

  test("it survives the server: the next one finds the same daemon running", async () => {
    const birth = "cut -d' ' -f 4,22 /proc/$PPID/stat; ls -di /proc/$PPID/ns/pid";
    const before = await run(platform, workspace, birth);
    await platform.restart();
    expect(await statusOf(platform, workspace)).toBe("Running");
    expect(await run(platform, workspace, birth)).toEqual(before);
  });

  test("the end of its daemon is noticed and told", async () => {
    await run(platform, workspace, "kill -9 $PPID").catch(() => undefined);
    await eventually(async () => ((await statusOf(platform, workspace)) === "Error" ? true : undefined));
    const { workspaceStatus } = await platform.provisioner.findWorkspace({ workspace });
    expect(workspaceStatus?.lastFailMessage).toMatch(/ended unexpectedly/);
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    const again = await platform.provisioner.findWorkspace({ workspace });
    expect(again.workspaceStatus).toMatchObject({ status: "Running", restarts: 1 });
  });

  test("a caller that goes away abandons the observation, not the work", async () => {
    await platform.provisioner.stopWorkspace({ workspace });
    const abort = new AbortController();
    const stream = platform.provisioner.provisionWorkspaceStream(
      { userstr: "admin~dev" },
      { signal: abort.signal },
    );
    let job = "";
    for await (const { data } of stream) {
      if (data.case === "handshake") job = data.value.jobid;
      break;
    }
    abort.abort();
    await eventually(async () => ((await readJob(platform, job)).status === "completed" ? true : undefined));
    expect(await statusOf(platform, workspace)).toBe("Running");
  });

  test("without send_progress and send_events only statuses are streamed", async () => {
    await platform.provisioner.stopWorkspace({ workspace });
    const said = await collect(platform.provisioner.provisionWorkspaceStream({ userstr: "admin~dev" }));
    expect(new Set(said.events.map(({ type }) => type))).toEqual(new Set(["status"]));
  });

  test("a delete with a delay returns at once, a second one says already, and then nothing is left", async () => {
    const first = await platform.provisioner.deleteWorkspace({ workspace, delaySeconds: 1 });
    expect(first.message).toContain("in 1 seconds");
    expect(await statusOf(platform, workspace)).toBe("Running");
    expect((await platform.provisioner.deleteWorkspace({ workspace, delaySeconds: 1 })).message).toContain(
      "already",
    );
    await eventually(() =>
      platform.provisioner.findWorkspace({ workspace }).then(
        () => undefined,
        () => true,
      ),
    );
    expect(existsSync(join(platform.dataDir, "workspaces", workspace))).toBe(false);
    await expect(platform.provisioner.deleteWorkspace({ workspace })).rejects.toMatchObject({
      code: Code.NotFound,
    });
    await expect(platform.provisioner.stopWorkspace({ workspace })).rejects.toMatchObject({
      code: Code.NotFound,
    });
    expect(await readJob(platform, jobId)).toMatchObject({ status: "completed" });
  });

  test("two deletes at once: one does it, the other says already", async () => {
    const { workspace: name } = await provision(platform, "admin~dev");
    const messages = await Promise.all([
      platform.provisioner.deleteWorkspace({ workspace: name }),
      platform.provisioner.deleteWorkspace({ workspace: name }),
    ]);
    expect(messages.filter(({ message }) => message.includes("already"))).toHaveLength(1);
  });

  test("of two provisions at once one is accepted", async () => {
    const both = await Promise.all([provision(platform, "admin~dev"), provision(platform, "admin~dev")]);
    expect(both.filter(({ error }) => error === "")).toHaveLength(1);
    expect(both.map(({ error }) => error).join()).toContain("AlreadyExists");
  });

  test("a provision that comes while the workspace is being deleted waits and makes a new one", async () => {
    const { workspaces } = await platform.provisioner.getWorkspaces({});
    const name = workspaces[0]?.name ?? "";
    await run(platform, name, "echo old > ~/old");
    const deleted = platform.provisioner.deleteWorkspace({ workspace: name });
    const said = await provision(platform, "admin~dev");
    expect((await deleted).message).toContain("deleted");
    expect(said).toMatchObject({ workspace: name, error: "" });
    expect((await run(platform, name, "ls ~")).output).toBe("");
  });

  test("deleting a user's workspaces names them and does it in the background", async () => {
    const { workspaces } = await platform.provisioner.deleteUserWorkspaces({ username: "admin" });
    expect(workspaces).toHaveLength(1);
    await eventually(async () =>
      (await platform.provisioner.getWorkspaces({})).workspaces.length === 0 ? true : undefined,
    );
  });
});
