import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, eventually, type RunningServer } from "../../../test/e2e/harness.ts";
import { takeWebAppPort } from "../../../test/e2e/web-app-port.ts";
import { newDirectory, newHome, runCli, startCliPlatform } from "./run-cli.ts";

let server: RunningServer;
let home: string;
let name: string;

const run = (...args: string[]) => runCli(home, args);
const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);

beforeAll(async () => {
  ({ server, home, name } = await startCliPlatform());
});
afterAll(() => discard(server));

it("a workspace can be named by the blueprint it was made from", async () => {
  expect((await json("workspace", "get", "dev")).name).toBe(name);
  expect((await run("workspace", "get", "nothing")).code).toBe(5);
});

it("lists files of a workspace, hidden ones when asked, and workspaces without an argument", async () => {
  await server.api("POST", `/workspaces/${name}/files/mkdir?path=listed/.hidden&parents=true`);
  expect((await run("workspace", "ls", "dev")).stdout).toMatch(/^d\S+ +- +\S+ \S+ +listed\/$/m);
  expect((await run("ws", "ls", "dev:listed")).stdout).toBe("MODE  SIZE  MODIFIED  NAME\n");
  expect((await json("ws", "ls", "dev:listed", "-a"))[0]).toMatchObject({ name: ".hidden" });
  expect((await run("ws", "ls")).stdout).toContain(name);
  expect((await run("ws", "ls", "dev:missing")).code).toBe(5);
});

it("shows the log of a workspace's daemon", async () => {
  await server.api("POST", `/workspaces/${name}/exec`, { body: { command: "true" } });
  const { stdout, code } = await run("workspace", "logs", "dev", "--tail", "5");
  expect(code).toBe(0);
  expect(stdout.trim().split("\n").length).toBeLessThanOrEqual(5);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d {2}(debug|info) +\S/m);
  expect((await run("workspace", "logs", "dev", "--tail", "x")).code).toBe(2);
});

it("starts an app, shows its log, tells its address and stops it", async () => {
  await takeWebAppPort();
  expect((await run("app", "list", "dev")).stdout).toMatch(/^web +STOPPED +8080/m);
  expect((await run("app", "start", "dev", "web")).stderr).toContain("workspace open");
  await expect
    .poll(() => json("app", "list", "dev"))
    .toContainEqual(expect.objectContaining({ name: "web", status: "RUNNING" }));
  expect((await run("app", "logs", "dev", "web")).code).toBe(0);
  const byName = await run("workspace", "open", "dev", "web", "--print");
  expect(byName.stdout).toMatch(new RegExp(`^http://8080--${name}\\.localhost:\\d+/?\n$`));
  expect((await run("workspace", "open", "dev", "8080", "--print")).stdout).toBe(byName.stdout);
  expect((await run("workspace", "open", "dev", "70000")).code).toBe(2);
  expect((await run("workspace", "open", "dev", "nosuch")).stderr).toContain("web");
  expect((await run("app", "stop", "dev", "web")).stderr).toContain("has stopped");
  expect((await run("app", "start", "dev", "nosuch")).code).toBe(5);
});

it("opens an address with the program that BROWSER names", async () => {
  const seen = join(home, "seen");
  const browser = join(home, "browser");
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > ${seen}.part && mv ${seen}.part ${seen}\n`, {
    mode: 0o755,
  });
  const { stdout } = await runCli(home, ["ws", "open", "dev", "8080"], { env: { BROWSER: browser } });
  const opened = await eventually(() => readFile(seen, "utf8").catch(() => undefined));
  expect(`${opened}\n`).toBe(stdout);
});

it("makes, uses, renews and revokes access tokens", async () => {
  const created = await run(
    "token",
    "create",
    "ci",
    "--scope",
    "workspace:list,workspace:read",
    "--expires",
    "2h",
  );
  const token = created.stdout.trim();
  expect(token).toMatch(/^k8sh_/);
  const env = { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: token };
  expect((await runCli(home, ["workspace", "list"], { env })).code).toBe(0);
  const narrow = await runCli(home, ["token", "list"], { env });
  expect(narrow.code).toBe(4);
  expect(narrow.stderr).toContain("k8shell token create");
  expect((await run("token", "list")).stdout).toMatch(/^\d+ +ci +k8sh_\S+ +workspace:list,workspace:read/m);
  expect((await run("token", "create", "ci", "--scope", "*")).code).toBe(6);

  const renewed = (await run("token", "renew", "ci")).stdout.trim();
  expect(renewed).toMatch(/^k8sh_/);
  expect(renewed).not.toBe(token);
  expect((await runCli(home, ["ws", "list"], { env })).code).toBe(3);
  expect((await run("token", "revoke", "ci")).code).toBe(2);
  expect((await run("token", "revoke", "ci", "--yes")).code).toBe(0);
  expect((await run("token", "revoke", "ci", "--yes")).code).toBe(5);
});

it("a token that has expired by itself is told as one that does not work any more", async () => {
  /** Makes a token, and tries it. However slow the machine is, one of them is used before it expires. */
  const used = async (lifeMs: number): Promise<string> => {
    const body = { name: `brief-${lifeMs}`, scopes: ["*"], expires_at: new Date(Date.now() + lifeMs) };
    const made = await server.api("POST", "/me/tokens", { body });
    const { token } = (await made.json()) as { token: string };
    const answer = await fetch(`${server.url}/api/v1/me/profile`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.ok ? token : used(lifeMs * 2);
  };
  const env = { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: await used(2_000) };
  const refused = await eventually(async () => {
    const result = await runCli(home, ["workspace", "list"], { env });
    // Within the very moment of the end, a service behind the gateway may be the first to see it.
    return result.stderr.includes("expired") ? result : undefined;
  });
  expect(refused).toEqual({
    code: 3,
    stdout: "",
    stderr: expect.stringMatching(/^k8shell: The .*token .*expired.*\.\n {2}Sign in again: k8shell login\n$/),
  });
  const examined = await runCli(home, ["doctor"], { env });
  expect(examined.code).not.toBe(0);
  expect(examined.stdout).toContain("expired");
});

it("renewing the token of a context keeps the context working", async () => {
  const token = (await run("token", "create", "own", "--scope", "*")).stdout;
  const other = await newHome();
  await runCli(other, ["login", "--server", server.url, "--token-stdin", "--name", "own"], { stdin: token });
  const renewed = await runCli(other, ["token", "renew", "own"]);
  expect(renewed.stderr).toContain('The context "own" has the new token now.');
  expect(renewed.stdout).toBe("");
  expect((await runCli(other, ["workspace", "list"])).code).toBe(0);
});

it("lists blueprints and tells what is wrong with one", async () => {
  expect((await run("blueprint", "list")).stdout).toContain("dev\n");
  expect((await run("bp", "list", "--all")).stdout).toMatch(/^base +.* +yes$/m);
  const dir = await newDirectory();
  const good = join(dir, "good.yaml");
  await writeFile(good, "blueprint:\n  template: base\n  description: mine\n");
  expect(await run("blueprint", "validate", good)).toMatchObject({ code: 0, stdout: "" });
  expect(await json("blueprint", "validate", good)).toMatchObject({ description: "mine" });
  const bad = await runCli(home, ["blueprint", "validate", "-"], { stdin: "blueprint:\n  resources: 1\n" });
  expect(bad.code).toBe(1);
  expect(bad.stderr).toMatch(/^k8shell: -: .*line 2/);
  expect((await run("blueprint", "validate", join(dir, "none.yaml"))).code).toBe(2);
});

it("says where to look for what is missing", async () => {
  for (const [args, hint] of [
    [["workspace", "get", "nope"], "k8shell workspace list\n"],
    [["app", "start", "dev", "nope"], "k8shell app list NAME\n"],
    [["workspace", "create", "nope"], "k8shell blueprint list\n"],
    [["workspace", "ls", "dev:nope"], "k8shell workspace ls NAME:PATH\n"],
  ] as const) {
    expect(await run(...args), args.join(" ")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining(hint),
    });
  }
});

it("says that there is no SSH gateway, and what to use instead", async () => {
  for (const command of ["ssh", "connstr", "code"]) {
    const { stderr, code } = await run("workspace", command, "dev");
    expect(stderr).toContain("This installation has no SSH gateway.");
    expect(stderr).toContain(`k8shell workspace shell ${name}`);
    expect(code).toBe(8);
  }
});

it("with a gateway, prints what SSH clients connect to", async () => {
  const env = { K8SHELL_SSH_HOST: "ssh.example.org:2222" };
  const print = async (...args: string[]) => (await runCli(home, ["ws", ...args], { env })).stdout;
  expect(await print("connstr", "dev")).toBe(`admin~pod=${name}@ssh.example.org:2222\n`);
  // With a gateway given nobody is asked whether there is such a workspace.
  expect(await print("connstr", "gone-1234567")).toBe("admin~pod=gone-1234567@ssh.example.org:2222\n");
  expect(await print("ssh", "--repo", "acme/portal", "--ref", "main", "--print")).toBe(
    "admin~repo=acme%2Fportal+ref=main@ssh.example.org:2222\n",
  );
  expect(await print("ssh", "--pod", name, "--b64", "--print", "--host", "[::1]")).toMatch(
    /^b64-[\w-]+@::1\n$/,
  );
  expect(await print("code", "dev", "src", "--print")).toMatch(
    /^code --remote ssh-remote\+b64-[\w-]+@ssh\.example\.org:2222 src\n$/,
  );
  expect(await print("scp", "dev", "a.txt", ":docs/", "--print")).toMatch(
    /^scp -P 2222 -- a\.txt b64-[\w-]+@ssh\.example\.org:docs\/\n$/,
  );
});

it("ssh is run with the user string and its exit code is passed on", async () => {
  const bin = await newDirectory();
  await writeFile(join(bin, "ssh"), '#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n', { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env.PATH}`, K8SHELL_SSH_HOST: "ssh.example.org" };
  const { stdout, code } = await runCli(home, ["ws", "ssh", "dev", "--", "ls", "-la"], { env });
  expect(stdout.trim().split("\n")).toEqual(["-l", `admin~pod=${name}`, "ssh.example.org", "ls", "-la"]);
  expect(code).toBe(7);
  const without = await runCli(home, ["ws", "code", "dev"], { env });
  expect(without).toMatchObject({ code: 127 });
  expect(without.stderr).toContain("VS Code");
});

it("deletes a workspace only after a yes", async () => {
  const asked = await run("workspace", "delete", "dev");
  expect(asked.code).toBe(2);
  expect((await run("workspace", "get", name)).code).toBe(0);
  expect((await run("workspace", "delete", "dev", "--yes")).code).toBe(0);
  expect((await run("workspace", "get", name)).code).toBe(5);
});
