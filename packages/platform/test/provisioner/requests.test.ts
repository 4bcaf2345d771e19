import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { FilterOp, Operator, SortDir } from "@k8shell/contract/gen/query/v1/query_pb.js";
import { Code, inProcessChannel, register } from "@k8shell/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUser,
  buildDaemon,
  eventually,
  lastStatus,
  openPlatform,
  type Platform,
  provision,
  run,
  start,
} from "./harness.ts";

const blueprints = `
blueprints:
  - name: rich
    template: base
    hostname: rich-host
    subdomain: sub
    splash: hello
    resources: { cpu: 250m, memory: 512Mi }
    env:
      GREETING: !cel '"hi " + user.username + " of " + org'
      FROM_BLUEPRINT: blueprint
      OVERRIDDEN: blueprint
      REGION: !cel env.REGION
    storages:
      data: { mountPath: ~/data/deep, size: 1Gi }
      top: { mountPath: /data }
    initScripts:
      - { name: mark, script: echo initialized > ~/init-was-here }
    apps:
      web: { start: [sleep, "1"], listen: 1234 }
  - name: needs-env
    template: base
    env: { X: !cel env.NOT_SET }
  - name: lost
    template: nowhere
  - name: bad-cpu
    resources: { cpu: plenty }
  - name: bad-mount
    storages: { s: { mountPath: /usr/share } }
  - name: patched
    template: base
    resources: { cpu: "1", memory: 1Gi }
`;

describe("requests to the provisioner", () => {
  let platform: Platform;
  const asked: Array<Record<string, unknown>> = [];
  const authz = inProcessChannel([
    register(AuthzService, {
      evaluate(request) {
        asked.push({ ...request, token: request.token.length > 0 });
        const { blueprint = "" } = request.context;
        const obligations: Record<string, Record<string, string>> = {
          patched: { "patch:/resources/memory": '"256Mi"', "patch:/env/PATCHED": "yes" },
          "bad-mount": { "mirror:x": "y" },
        };
        return {
          allowed: blueprint !== "needs-env",
          reason: "not on Sundays",
          obligations: obligations[blueprint] ?? {},
        };
      },
    }),
  ]).client(AuthzService);

  beforeAll(async () => {
    await buildDaemon();
    platform = await openPlatform({ authzClient: () => authz });
    await writeFile(join(platform.dataDir, "blueprints", "test.yaml"), blueprints);
    await eventually(async () => {
      const { blueprints: list } = await platform.provisioner.getBlueprints({});
      return list.some(({ name }) => name === "patched") ? true : undefined;
    });
    await addUser(platform, "alice", [
      "rich",
      "needs-env",
      "lost",
      "bad-cpu",
      "bad-mount",
      "patched",
      "base",
      "gone",
    ]);
    await addUser(platform, "carol", ["*"]);
  });
  afterAll(() => platform?.discard());

  test("blueprints are listed with what marks a template", async () => {
    const { blueprints: list } = await platform.provisioner.getBlueprints({});
    expect(list.map(({ name, isTemplate }) => `${name}${isTemplate ? " (template)" : ""}`)).toEqual([
      "bad-cpu",
      "bad-mount",
      "base (template)",
      "dev",
      "lost",
      "needs-env",
      "patched",
      "rich",
    ]);
    expect(list.find(({ name }) => name === "dev")?.description).toMatch(/shell/);
  });

  test.each([
    ["a string that does not parse", "", "n/a", "InvalidArgument", /./],
    ["a string without canonical form", "alice~dev%2Bx", "n/a", "InvalidArgument", /./],
    ["a pod", "alice~pod=p", "p", "InvalidArgument", /pod/],
    ["a username that is a path", "../x~dev", /./, "InvalidArgument", /username/],
    ["a user that does not exist", "nobody~dev", /^nobody-/, "NotFound", /./],
    ["a workload", "alice~rich+workload=Deployment%2Fapp+ns=x", "", "FailedPrecondition", /no cluster/],
    [
      "a blueprint that the user may not have",
      "alice~dev",
      /^alice-/,
      "PermissionDenied",
      /dev is not permitted/,
    ],
    ["a template", "alice~base", /^alice-/, "InvalidArgument", /template/],
    ["a blueprint that does not exist", "alice~gone", /^alice-/, "NotFound", /gone does not exist/],
    ["a blueprint whose template does not exist", "alice~lost", /^alice-/, "FailedPrecondition", /nowhere/],
    ["what the policy forbids", "alice~needs-env", /^alice-/, "PermissionDenied", /Sundays/],
    ["an obligation that cannot be honoured", "alice~bad-mount", /^alice-/, "FailedPrecondition", /policy/],
    ["an expression without a value", "carol~expr", /^carol-/, "NotFound", /./],
  ])("%s fails in the handshake", async (_, userstr, workspace, code, message) => {
    const said = await provision(platform, userstr);
    expect(said.workspace).toEqual(
      typeof workspace === "string" ? workspace : expect.stringMatching(workspace),
    );
    const [, foundCode, description] = /^rpc error: code = (\w+) desc = (.*)$/s.exec(said.error) ?? [];
    expect([foundCode, description]).toEqual([code, expect.stringMatching(message)]);
    expect(said).toMatchObject({ jobId: "", events: [] });
  });

  test("a request that was refused leaves nothing behind", async () => {
    expect((await platform.provisioner.getWorkspaces({})).workspaces).toEqual([]);
    expect((await platform.identity.listAccessTokens({ username: "alice" })).tokens).toEqual([]);
    expect((await start(platform, "alice-0000000")).error).toMatch(/code = NotFound/);
  });

  test("a failure of the work is told by its last status, and the workspace can be deleted", async () => {
    const said = await provision(platform, "alice~bad-cpu");
    expect(said.error).toBe("");
    expect(said.events.filter(({ type }) => type === "status").at(-1)).toMatchObject({
      status: "Error",
      message: expect.stringContaining("resources.cpu is not a quantity"),
    });
    expect(said.events.at(-1)).toMatchObject({ type: "progress", status: "100" });
    const { workspaceStatus } = await platform.provisioner.findWorkspace({ workspace: said.workspace });
    expect(workspaceStatus).toMatchObject({
      status: "Error",
      lastFailMessage: expect.stringContaining("quantity"),
    });
    expect((await platform.identity.listAccessTokens({ username: "alice" })).tokens).toEqual([]);
    await platform.provisioner.deleteWorkspace({ workspace: said.workspace });
  });

  test("the policy is asked about the blueprint, and its patches change the workspace", async () => {
    const { workspace, error } = await provision(platform, "alice~patched");
    expect(error).toBe("");
    expect(
      asked.find(({ context }) => (context as Record<string, string>).blueprint === "patched"),
    ).toMatchObject({
      token: true,
      package: "workspace",
      action: "workspace:provision",
      resource: { type: "workspace", id: workspace, attributes: { owner: "alice" } },
      context: { blueprint: "patched", mode: "standalone" },
    });
    expect(await platform.provisioner.findWorkspace({ workspace })).toMatchObject({
      cpu: "1",
      memory: "256Mi",
    });
    expect((await run(platform, workspace, "echo $PATCHED")).output).toBe("yes\n");
  });

  test("blueprint, organization and user make up the environment; storages, init scripts and host name are honoured", async () => {
    await platform.identity.addOrganizationEnvVar({ org: "default", key: "OVERRIDDEN", value: "org" });
    await platform.identity.addOrganizationEnvVar({ org: "default", key: "REGION", value: "eu" });
    await platform.identity.addUserEnvVar({ username: "alice", key: "OVERRIDDEN", value: "user" });
    await platform.identity.addUserEnvVar({
      username: "alice",
      key: "HIDDEN",
      value: "s3cret",
      isSecret: true,
    });
    const { workspace, error } = await provision(platform, "alice~rich");
    expect(error).toBe("");
    const { output } = await run(
      platform,
      workspace,
      'echo "$GREETING|$FROM_BLUEPRINT|$OVERRIDDEN|$REGION|$HIDDEN"; hostname; echo 1 > ~/data/deep/kept; echo 2 > /data/kept',
    );
    expect(output).toBe("hi alice of default|blueprint|user|eu|s3cret\nrich-host\n");
    await eventually(async () =>
      (await run(platform, workspace, "cat ~/init-was-here")).output === "initialized\n" ? true : undefined,
    );
    const details = await platform.provisioner.findWorkspace({ workspace });
    expect(details).toMatchObject({ cpu: "250m", memory: "512Mi", hostname: "rich-host.sub.local" });

    await platform.provisioner.stopWorkspace({ workspace });
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    expect((await run(platform, workspace, "cat ~/data/deep/kept /data/kept")).output).toBe("1\n2\n");
  });

  test("limits are set where the server may make control groups, and said to be missing where not", async () => {
    const { workspaces } = await platform.provisioner.getWorkspacesByUserStr({ userstr: "alice~rich" });
    const workspace = workspaces[0]?.name ?? "";
    if (/limits by control groups/.test(platform.service.isolation.detail)) {
      const { output } = await run(
        platform,
        workspace,
        "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null",
      );
      expect(output.trim()).toBe(String(512 * 1024 * 1024));
    } else {
      const entry = await platform.jobs.get(workspaces[0]?.jobId ?? "");
      expect(entry?.value).toMatch(/memory limit.* not enforced|limits are not enforced/);
    }
  });

  test("a link that the user put where a storage goes is refused", async () => {
    const { workspaces } = await platform.provisioner.getWorkspacesByUserStr({ userstr: "alice~rich" });
    const workspace = workspaces[0]?.name ?? "";
    await run(platform, workspace, "mv ~/data ~/moved && ln -s /etc ~/data");
    await platform.provisioner.stopWorkspace({ workspace });
    const said = await start(platform, workspace);
    expect(said.events.filter(({ type }) => type === "status").at(-1)).toMatchObject({
      status: "Error",
      message: expect.stringContaining("cannot be mounted at /home/alice/data/deep"),
    });
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("workspaces are listed by filter and by query", async () => {
    const { workspace: carol } = await provision(platform, "carol~dev");
    const names = async (request: Parameters<typeof platform.provisioner.getWorkspaces>[0]) =>
      (await platform.provisioner.getWorkspaces(request)).workspaces.map(
        ({ username, blueprint }) => `${username}~${blueprint}`,
      );
    expect(await names({})).toEqual(["alice~patched", "carol~dev"]);
    expect(await names({ usernames: ["carol", "dave"] })).toEqual(["carol~dev"]);
    expect(await names({ blueprint: "patched" })).toEqual(["alice~patched"]);
    expect(await names({ workspace: carol })).toEqual(["carol~dev"]);
    expect(await names({ organization: "elsewhere" })).toEqual([]);
    await expect(platform.provisioner.getWorkspaces({ repoName: "x" })).rejects.toMatchObject({
      code: Code.Unimplemented,
    });

    type Query = NonNullable<Parameters<typeof platform.provisioner.queryWorkspaces>[0]["query"]>;
    const query = async (payload: Query) =>
      (await platform.provisioner.queryWorkspaces({ query: payload })).workspaces.map(
        ({ username }) => username,
      );
    const where = (field: string, op: Operator, ...values: string[]) => ({
      filters: { op: FilterOp.AND, conditions: [{ field, op, values }] },
    });
    expect(await query({})).toEqual(["alice", "carol"]);
    expect(await query({ sort: [{ field: "username", dir: SortDir.DESC }] })).toEqual(["carol", "alice"]);
    expect(await query(where("memory", Operator.GT, "1Gi"))).toEqual(["carol"]);
    expect(await query(where("memory", Operator.EQ, "262144Ki"))).toEqual(["alice"]);
    expect(await query(where("status", Operator.EQ, "run*"))).toEqual(["alice", "carol"]);
    expect(await query(where("repo_name", Operator.EXISTS, "true"))).toEqual([]);
    expect(await query(where("created", Operator.GTE, "now-1h"))).toEqual(["alice", "carol"]);
    expect(await query({ obligations: { username: "carol" } })).toEqual(["carol"]);
    expect(await query({ obligations: { roles: '["role-of-alice"]' } })).toEqual(["alice"]);
    expect(await query({ obligations: { roles: '["role-of-alice"]', org: "elsewhere" } })).toEqual([]);
    expect(await query({ page: { limit: 1, offset: 1 } })).toEqual(["carol"]);
    await expect(query(where("podIP", Operator.EQ, "x"))).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
    await expect(query({ obligations: { unheard: "of" } })).rejects.toMatchObject({
      code: Code.PermissionDenied,
    });

    const schema = await platform.provisioner.getWorkspacesQuerySchema({});
    expect(schema.resource).toBe("workspaces");
    expect(schema.fields.map(({ name }) => name)).toEqual([
      "name",
      "username",
      "organization",
      "blueprint",
      "origin",
      "namespace",
      "status",
      "repo_owner",
      "repo_name",
      "repo_ref",
      "workspace_type",
      "workload_kind",
      "workload_name",
      "cpu",
      "memory",
      "created",
    ]);
    expect(schema.defaultSort).toMatchObject([{ field: "name", dir: SortDir.ASC }]);
  });

  test("without a cluster the inject rpcs say so", async () => {
    const { provisioner } = platform;
    expect(await provisioner.listInjectNamespaces({})).toMatchObject({ namespaces: [], clusterWide: false });
    await expect(provisioner.listInjectWorkloads({ kinds: ["pod"] })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    });
    await expect(provisioner.listInjectWorkloads({ namespace: "x" })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
    await expect(provisioner.ejectWorkspace({ namespace: "x" })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    });
  });

  test("a delay of more than a minute is refused", async () => {
    const { workspaces } = await platform.provisioner.getWorkspaces({ usernames: ["carol"] });
    const workspace = workspaces[0]?.name ?? "";
    await expect(platform.provisioner.deleteWorkspace({ workspace, delaySeconds: 61 })).rejects.toMatchObject(
      {
        code: Code.InvalidArgument,
      },
    );
  });

  test.each([
    ["who chose no shell gets bash", "nell", {}, "/bin/bash"],
    ["keeps the shell they chose", "dash", { shell: "/bin/dash" }, "/bin/dash"],
  ])("a user %s", async (_what, username, more, shell) => {
    await addUser(platform, username, ["dev"], more);
    const { workspace } = await provision(platform, `${username}~dev`);
    const { output } = await run(
      platform,
      workspace,
      'echo $SHELL; grep "^$USER:" /etc/passwd | cut -d: -f7',
    );
    expect(output).toBe(`${shell}\n${shell}\n`);
  });

  test("a locked user gets no workspace", async () => {
    await platform.identity.updateUser({ username: "carol", locked: true });
    expect((await provision(platform, "carol~rich")).error).toMatch(
      /code = PermissionDenied desc = .*locked/,
    );
  });

  test("the job id is blank once the job's record is gone", async () => {
    const { workspaces } = await platform.provisioner.getWorkspaces({ usernames: ["carol"] });
    const { name: workspace = "", jobId = "" } = workspaces[0] ?? {};
    expect(jobId).not.toBe("");
    await platform.jobs.delete(jobId);
    await eventually(async () => {
      const { jobId: now } = await platform.provisioner.findWorkspace({ workspace });
      return now === "" ? true : undefined;
    });
    const byUserString = await platform.provisioner.getWorkspacesByUserStr({ userstr: "carol~dev" });
    expect(byUserString.workspaces[0]?.jobId).toBe(jobId);
  });
});
