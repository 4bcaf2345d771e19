import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { silentLog } from "@k8shell/contract";
import { sqliteKv } from "@k8shell/kv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { beginJob, closeInterruptedJob } from "../../src/provisioner/jobs/job.ts";
import { isAlive } from "../../src/provisioner/sandbox/processes.ts";
import { type GitServer, startGitServer } from "./git-server.ts";
import {
  addUser,
  assemblePlatform,
  buildDaemon,
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
import { machine } from "./machine.ts";
import { standInIdentity } from "./stand-in-identity.ts";

describe("after the server was cut off", () => {
  let git: GitServer;
  let platform: Platform;

  beforeAll(async () => {
    await buildDaemon();
    git = await startGitServer();
    await git.add("open/plain", { "readme.txt": "x" });
    platform = await openPlatform({ gitBaseUrl: git.url });
    await addUser(platform, "alice", ["dev"]);
  });
  afterAll(async () => {
    await platform?.discard();
    await git?.close();
  });

  test("a job in the middle of its work is completed as failed with the reason", async () => {
    git.hang = true;
    const stream = platform.provisioner.provisionWorkspaceStream({
      userstr: "alice~repo=open/plain",
      timeout: 60,
      sendEvents: true,
    });
    let job = "";
    let workspace = "";
    const following = (async () => {
      for await (const { data } of stream) {
        if (data.case === "handshake") {
          job = data.value.jobid;
          workspace = data.value.workspace;
        }
      }
    })();
    await eventually(async () =>
      workspace !== "" && (await statusOf(platform, workspace)) === "Pulling" ? true : undefined,
    );
    expect(await readJob(platform, job)).toMatchObject({
      status: "running",
      finishedAt: "0001-01-01T00:00:00Z",
    });
    await platform.restart();
    await following;
    git.hang = false;
    const record = await readJob(platform, job);
    expect(record.status).toBe("completed");
    expect(record.events.filter(({ type }) => type === "status").at(-1)).toMatchObject({
      status: "Error",
      message: expect.stringContaining("server is stopping"),
    });
    expect(await statusOf(platform, workspace)).toBe("Error");
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("a stop while the workspace is being made ends that, and its job as failed", async () => {
    git.hang = true;
    const making = provision(platform, "alice~repo=open/plain");
    const workspace = await eventually(async () => {
      const { workspaces } = await platform.provisioner.getWorkspaces({});
      return workspaces.find(({ workspaceStatus }) => workspaceStatus?.status === "Pulling")?.name;
    });
    await platform.provisioner.stopWorkspace({ workspace });
    git.hang = false;
    expect(await statusOf(platform, workspace)).toBe("Stopped");
    const said = await making;
    expect(said.events.filter(({ type }) => type === "status").at(-1)).toMatchObject({
      status: "Error",
      message: expect.stringContaining("was stopped meanwhile"),
    });
    expect((await readJob(platform, said.jobId)).status).toBe("completed");
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("kill -9 leaves running workspaces running, and cuts off the rest for good", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "k8shell-killed-"));
    git.hang = true;
    const program = join(import.meta.dirname, "killable-main.ts");
    const child = spawn(process.execPath, ["--no-warnings", program, dataDir, git.url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(child.stdout, "data");
    const { running, stuck, job } = JSON.parse(String(line));
    const birth = (instance: Platform) => run(instance, running, "cut -d' ' -f 22 /proc/$PPID/stat");
    child.kill("SIGKILL");
    await once(child, "exit");
    git.hang = false;

    const kv = sqliteKv({ file: join(dataDir, "kv.db") });
    const next = await assemblePlatform({
      dataDir,
      identity: standInIdentity(),
      jobs: await kv.bucket("workspace-provision-jobs"),
      options: { gitBaseUrl: git.url },
      close: () => kv.close(),
    });
    try {
      expect(await statusOf(next, running)).toBe("Running");
      expect((await birth(next)).code).toBe(0);
      const { workspaceStatus } = await next.provisioner.findWorkspace({ workspace: stuck });
      expect(workspaceStatus).toMatchObject({
        status: "Error",
        message: expect.stringContaining("the server ended"),
      });
      const record = await readJob(next, job);
      expect(record.status).toBe("completed");
      expect(record.finishedAt).not.toMatch(/^0001/);
      expect(record.events.filter(({ type }) => type === "status").at(-1)?.status).toBe("Error");
      await eventually(() => (machine.commandLinesWith(git.url).length === 0 ? true : undefined));
      expect(lastStatus(await start(next, stuck))).toBe("Running");
    } finally {
      await next.discard();
    }
  });

  test("a record that a killed server left running is completed with the workspace's real status", async () => {
    const bucket = platform.jobs;
    const job = await beginJob({
      bucket,
      id: "cut-off",
      workspaceName: "w",
      username: "alice",
      log: silentLog,
      append: false,
    });
    job.status("Starting", "starting");
    job.progress(40);
    await eventually(async () =>
      (await readJob(platform, "cut-off")).events.length === 2 ? true : undefined,
    );
    await closeInterruptedJob({
      bucket,
      id: "cut-off",
      workspaceName: "w",
      status: "Error",
      message: "the server ended",
    });
    expect(await readJob(platform, "cut-off")).toMatchObject({
      status: "completed",
      events: [
        { id: 1 },
        { id: 2 },
        { id: 3, type: "status", status: "Error", message: "the server ended" },
        { id: 4, status: "100" },
      ],
    });
    const before = await bucket.get("cut-off");
    await closeInterruptedJob({
      bucket,
      id: "cut-off",
      workspaceName: "w",
      status: "Error",
      message: "again",
    });
    expect(await bucket.get("cut-off")).toEqual(before);
  });

  test("a delayed stop that it was asked for still happens", async () => {
    const { workspace } = await provision(platform, "alice~dev");
    await platform.provisioner.stopWorkspace({ workspace, delaySeconds: 2 });
    await platform.restart();
    await eventually(async () => ((await statusOf(platform, workspace)) === "Stopped" ? true : undefined));
  });

  test("a workspace whose processes ended meanwhile is found stopped, and starts", async () => {
    const { workspace } = await provision(platform, "alice~dev");
    const { service } = platform;
    await service.close();
    const database = new DatabaseSync(join(platform.dataDir, "provisioner.db"));
    const row = database.prepare("select record from workspaces where name = ?").get(workspace);
    database.close();
    const { runtime } = JSON.parse(String(row?.record));
    process.kill(runtime.leader.pid, "SIGKILL");
    await eventually(() => (isAlive(runtime.leader) ? undefined : true));
    await platform.restart();
    const details = await platform.provisioner.findWorkspace({ workspace });
    expect(details).toMatchObject({
      podIp: "",
      workspaceStatus: {
        status: "Stopped",
        lastFailMessage: expect.stringContaining("while the server was not running"),
      },
    });
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
  });

  test("a workspace made when the server could not change users is given one of its own when it can", async () => {
    const { workspace } = await provision(platform, "alice~dev");
    await run(platform, workspace, "echo mine > ~/file");
    await platform.provisioner.stopWorkspace({ workspace });
    await platform.service.close();
    const home = join(platform.dataDir, "workspaces", workspace, "home");
    for (const path of [home, join(home, "file")])
      await chown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    const database = new DatabaseSync(join(platform.dataDir, "provisioner.db"));
    const remove = "update workspaces set record = json_remove(record, '$.hostUid') where name = ?";
    expect(database.prepare(remove).run(workspace).changes).toBe(1);
    database.close();
    await platform.restart();
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    expect((await run(platform, workspace, "whoami; id -u; cat ~/file; touch ~/new")).output).toBe(
      "alice\n10001\nmine\n",
    );
    const { uid } = await stat(join(home, "file"));
    expect(uid).toBe(process.getuid?.() === 0 ? Math.max(uid, 20_000) : process.getuid?.());
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("a workspace starts as it was although its blueprint is gone", async () => {
    const file = join(platform.dataDir, "blueprints", "short-lived.yaml");
    const listed = async (wanted: boolean) =>
      eventually(async () => {
        const { blueprints } = await platform.provisioner.getBlueprints({});
        return blueprints.some(({ name }) => name === "short-lived") === wanted ? true : undefined;
      });
    await writeFile(file, "blueprints: [{ name: short-lived, env: { WAS: here } }]");
    await listed(true);
    await platform.identity.addRoleBlueprints({
      name: "role-of-alice",
      org: "default",
      blueprints: ["short-lived"],
    });
    const { workspace } = await provision(platform, "alice~short-lived");
    await platform.provisioner.stopWorkspace({ workspace });
    await rm(file);
    await listed(false);
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    expect((await run(platform, workspace, "echo $WAS")).output).toBe("here\n");
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("stopping everything leaves every workspace stopped", async () => {
    await provision(platform, "alice~dev");
    await platform.service.stopAll();
    const { workspaces } = await platform.provisioner.getWorkspaces({});
    expect(workspaces.length).toBeGreaterThan(0);
    expect(new Set(workspaces.map(({ workspaceStatus }) => workspaceStatus?.status))).toEqual(
      new Set(["Stopped"]),
    );
  });
});
