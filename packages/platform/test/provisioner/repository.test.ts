import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GitServer, startGitServer } from "./git-server.ts";
import {
  addUser,
  buildDaemon,
  lastStatus,
  openPlatform,
  type Platform,
  provision,
  run,
  type Said,
  start,
} from "./harness.ts";
import { machine } from "./machine.ts";

const failure = (said: Said) => said.events.filter(({ type }) => type === "status").at(-1);

describe("workspaces made from a repository", () => {
  let git: GitServer;
  let platform: Platform;
  const exposed: string[] = [];

  beforeAll(async () => {
    await buildDaemon();
    git = await startGitServer({
      // A clone is under way whenever it is asked something.
      onRequest: () => exposed.push(...machine.commandLinesWith(git.credential.password)),
    });
    const { username, password } = git.credential;
    await git.add(
      "private/project",
      {
        "readme.txt": "hello",
        ".k8shell.yaml": `
blueprint:
  template: base
  env:
    FROM_REPO: !cel repo.owner + "/" + repo.name + "@" + repo.ref
  resources: { memory: 300Mi }
`,
      },
      ["feature/Mixed-Case"],
    );
    await git.add("open/plain", { "readme.txt": "no file of its own" });
    await git.add("open/broken", { ".k8shell.yaml": "blueprint:\n  apps:\n    web: [\n" });
    await git.add("open/wrong", { ".k8shell.yaml": "blueprint:\n  template: base\n  enableApps: perhaps\n" });
    await git.add("open/greedy", { ".k8shell.yaml": "blueprint: { template: special }" });
    platform = await openPlatform({ gitBaseUrl: git.url });
    await addUser(platform, "alice", ["dev"]);
    await addUser(platform, "bob", ["other"]);
    await addUser(platform, "dora", ["dev"]);
    await platform.identity.addGitUserCredential({
      username: "alice",
      scope: git.url,
      subject: username,
      secret: password,
    });
  });
  afterAll(async () => {
    await platform?.discard();
    await git?.close();
  });

  test("a private one is cloned with the user's credential and gives the blueprint", async () => {
    const said = await provision(platform, "alice~repo=private/project");
    expect(said.error).toBe("");
    expect(lastStatus(said)).toBe("Running");
    expect(said.events.filter(({ type }) => type === "status").map(({ status }) => status)).toEqual([
      "Starting",
      "Pulling",
      "Starting",
      "Running",
      "Running",
    ]);
    expect(said.events.filter(({ type }) => type === "progress").map(({ status }) => status)).toEqual([
      "20",
      "40",
      "50",
      "60",
      "75",
      "100",
    ]);
    const { output } = await run(
      platform,
      said.workspace,
      "cat ~/project/readme.txt; echo; echo $FROM_REPO; stat -c %U ~/project/readme.txt",
    );
    expect(output).toBe("hello\nprivate/project@\nalice\n");
    expect(await platform.provisioner.findWorkspace({ workspace: said.workspace })).toMatchObject({
      repoOwner: "private",
      repoName: "project",
      repoRef: "",
      blueprint: "repo-private-project",
      origin: "private/project",
      memory: "300Mi",
    });
  });

  test("the credential is on no disk, in no argument and in no job record", async () => {
    const { workspaces } = await platform.provisioner.getWorkspacesByUserStr({
      userstr: "alice~repo=private/project",
    });
    const [{ name: workspace, jobId } = { name: "", jobId: "" }] = workspaces;
    const { password } = git.credential;
    expect(git.seen.length).toBeGreaterThan(0);
    const found = await run(
      platform,
      workspace,
      `grep -rlF '${password}' ~ /tmp /etc/k8shell /var/lib/k8shell 2>/dev/null`,
    );
    expect(found.output).toBe("");
    expect(exposed).toEqual([]);
    expect((await platform.jobs.get(jobId))?.value).not.toContain(password);
    expect(readFileSync(`${platform.dataDir}/provisioner.db`).includes(password)).toBe(false);
  });

  test("it is started again without another clone", async () => {
    const { workspaces } = await platform.provisioner.getWorkspacesByUserStr({
      userstr: "alice~repo=private/project",
    });
    const workspace = workspaces[0]?.name ?? "";
    await run(platform, workspace, "echo mine > ~/project/readme.txt");
    await platform.provisioner.stopWorkspace({ workspace });
    expect(lastStatus(await start(platform, workspace))).toBe("Running");
    expect((await run(platform, workspace, "cat ~/project/readme.txt; echo $FROM_REPO")).output).toBe(
      "mine\nprivate/project@\n",
    );
    await platform.provisioner.stopWorkspace({ workspace });
    expect(lastStatus(await provision(platform, "alice~repo=private/project"))).toBe("Running");
    expect((await run(platform, workspace, "cat ~/project/readme.txt")).output).toBe("mine\n");
    await platform.provisioner.deleteWorkspace({ workspace });
  });

  test("a branch is found whatever its case", async () => {
    const said = await provision(platform, "alice~repo=Private/Project+ref=feature%2Fmixed-case");
    expect(lastStatus(said)).toBe("Running");
    expect(
      (
        await run(
          platform,
          said.workspace,
          "cat ~/project/branch; echo; git -C ~/project branch --show-current",
        )
      ).output,
    ).toBe("feature/Mixed-Case\nfeature/Mixed-Case\n");
    await platform.provisioner.deleteWorkspace({ workspace: said.workspace });
  });

  test("a ref that does not exist is told", async () => {
    const said = await provision(platform, "alice~repo=private/project+ref=nope");
    expect(failure(said)).toMatchObject({
      status: "Error",
      message: expect.stringContaining("no branch or tag nope"),
    });
  });

  test("without the credential a private one cannot be cloned, and git says why", async () => {
    const said = await provision(platform, "dora~repo=private/project");
    expect(failure(said)).toMatchObject({
      status: "Error",
      message: expect.stringMatching(
        /cannot clone http.*private\/project\.git: .*(could not read Username|Authentication failed|terminal prompts disabled)/,
      ),
    });
    expect(said.events.some(({ message }) => message === "no git credential is set")).toBe(true);
  });

  test("one without a file of its own uses the default blueprint", async () => {
    const said = await provision(platform, "dora~repo=open/plain");
    expect(lastStatus(said)).toBe("Running");
    expect(
      (await run(platform, said.workspace, "cat ~/plain/readme.txt; echo; echo $K8SHELL_BLUEPRINT")).output,
    ).toBe("no file of its own\ndev\n");
    expect((await platform.provisioner.findWorkspace({ workspace: said.workspace })).blueprint).toBe(
      "repo-open-plain",
    );
  });

  test.each([
    ["open/broken", /\.k8shell\.yaml line \d+: /],
    ["open/wrong", /enableApps/],
    ["open/greedy", /special/],
    ["open/missing", /cannot clone/],
  ])("%s fails with a reason", async (repository, message) => {
    const said = await provision(platform, `dora~repo=${repository}`);
    expect(said.error).toBe("");
    expect(failure(said)).toMatchObject({ status: "Error", message: expect.stringMatching(message) });
  });

  test("a user without the default blueprint is refused before anything is cloned", async () => {
    const said = await provision(platform, "bob~repo=open/plain");
    expect(said.error).toMatch(/code = PermissionDenied/);
  });

  test.each(["dora~repo=open/..%2F..%2Fetc", "dora~repo=open/-x%20y", "dora~repo=open/x.lock"])(
    "%s is not a repository",
    async (userstr) => {
      expect((await provision(platform, userstr)).error).toMatch(/code = InvalidArgument/);
    },
  );
});
