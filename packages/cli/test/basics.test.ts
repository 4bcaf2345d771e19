import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, newDataDir, type RunningServer, startServerProcess } from "../../../test/e2e/harness.ts";
import { newHome, runCli } from "./run-cli.ts";

let server: RunningServer;
let home: string;

beforeAll(async () => {
  [server, home] = await Promise.all([startServerProcess(await newDataDir()), newHome()]);
});
afterAll(() => discard(server));

const run = (...args: string[]) => runCli(home, args);

it("without a context a command says how to sign in", async () => {
  const { stderr, code } = await runCli(await newHome(), ["workspace", "list"]);
  expect(stderr).toContain("k8shell login --server");
  expect(code).toBe(3);
});

it("a mistyped command is refused with the one that was meant", async () => {
  const { stderr, code } = await run("workspce");
  expect(stderr).toContain("Did you mean workspace?");
  expect(code).toBe(2);
});

it("a flag with a value that cannot be is refused with those that can", async () => {
  const level = await run("workspace", "logs", "dev", "--level", "loud");
  expect(level.stderr).toContain("debug, info, warn, error, fatal");
  const timeout = await run("login", "--server", "http://127.0.0.1:1", "--timeout", "soon");
  expect(timeout.stderr).toContain('--timeout is "soon".');
  expect([level.code, timeout.code]).toEqual([2, 2]);
});

it("signs in with a token on standard input and keeps it where only the user reads it", async () => {
  const { stderr, code } = await runCli(
    home,
    ["login", "--server", server.url, "--token-stdin", "--name", "here"],
    { stdin: `${await server.adminToken()}\n` },
  );
  expect({ stderr, code }).toEqual({
    stderr: 'Logged in as admin. Context "here" saved and set as active.\n',
    code: 0,
  });
  const file = join(home, ".config/k8shell/config.yaml");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, "utf8");
  expect(text).toMatch(/^current-context: here$/m);
  expect(text).toMatch(/tokenHash: [0-9a-f]{64}/);
});

it("names a context after its server where no name is given", async () => {
  const { stderr, code } = await runCli(await newHome(), ["login", "--server", server.url, "--token-stdin"], {
    stdin: await server.adminToken(),
  });
  expect(stderr).toMatch(/^Logged in as admin\. Context "127\.0\.0\.1-[0-9a-f]{8}" saved/);
  expect(code).toBe(0);
});

it("refuses to sign in twice at a server, unless told to", async () => {
  const { stderr, code } = await run("login", "--server", server.url, "--token-stdin");
  expect(stderr).toContain("--ignore");
  expect(code).toBe(6);
});

it("lists contexts without their tokens, and keeps what it does not know in the file", async () => {
  const file = join(home, ".config/k8shell/config.yaml");
  await writeFile(file, `# mine\n${await readFile(file, "utf8")}future: 1\n`);
  const added = await run(
    "context",
    "add",
    "again",
    "--server",
    server.url,
    "--token",
    await server.adminToken(),
  );
  expect(added.code).toBe(0);
  expect((await run("context", "use", "here")).code).toBe(0);
  const text = await readFile(file, "utf8");
  expect(text).toContain("# mine");
  expect(text).toContain("future: 1");
  const { stdout } = await run("context", "list");
  expect(stdout).toMatch(/^\*\s+here\s+http/m);
  expect((await run("context", "list", "--json")).stdout).not.toContain("k8sh_");
  expect((await run("context", "delete", "again")).code).toBe(0);
  expect((await run("workspace", "list", "-c", "again")).code).toBe(2);
});

it("makes a workspace, shows and lists it, stops and deletes it", async () => {
  const created = await run("workspace", "create", "dev");
  expect(created.code).toBe(0);
  expect(created.stderr).toContain("100%\n");
  const name = created.stdout.trim();
  expect(name).toMatch(/^admin-[0-9a-f]{7}$/);
  expect((await run("workspace", "get", name)).stdout).toMatch(/^Status +Running/m);
  expect((await run("ws", "ls")).stdout).toMatch(new RegExp(`^${name} +admin +dev +Running`, "m"));
  expect((await run("workspace", "job-events", name)).stdout).toContain("Running");

  const again = await run("workspace", "create", "dev");
  expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining("k8shell workspace shell dev") });
  expect((await run("workspace", "shutdown", name)).code).toBe(0);
  expect(JSON.parse((await run("workspace", "get", name, "--json")).stdout)).toMatchObject({
    status: "Stopped",
  });
  expect((await run("workspace", "start", name)).code).toBe(0);
  const asked = await run("workspace", "shutdown", name, "--delete");
  expect(asked.code).toBe(2);
  expect((await run("workspace", "shutdown", name, "--delete", "--yes")).code).toBe(0);
  expect((await run("workspace", "get", name)).code).toBe(5);
});

it("lists users and sessions in the columns of the platform's command", async () => {
  expect((await run("user", "list")).stdout).toMatch(
    /^USERNAME +FULLNAME +EMAIL +ORG +ROLES +BLUEPRINTS +SUDO +SOURCE +STATUS\nadmin /,
  );
  expect((await run("session", "list")).stdout).toMatch(
    /^SESSION_ID +USERNAME +WORKSPACE +CLIENT_IP +CHANNELS +START +END +BYTES_IN +BYTES_OUT\n/,
  );
  expect((await run("user", "list", "--sort", "colour")).code).toBe(2);
});

it("a wrong server and a wrong token are told apart", async () => {
  const gone = await runCli(home, ["workspace", "list"], {
    env: { K8SHELL_SERVER: "http://127.0.0.1:1", K8SHELL_TOKEN: "x" },
  });
  expect(gone).toMatchObject({ code: 7, stdout: "" });
  const wrong = await runCli(home, ["workspace", "list"], {
    env: { K8SHELL_SERVER: server.url, K8SHELL_TOKEN: "k8sh_wrong" },
  });
  expect(wrong.code).toBe(3);
  expect(wrong.stderr).toContain("k8shell login");
});

it("--debug shows heads of requests without the token", async () => {
  const { stderr } = await run("workspace", "list", "--debug");
  expect(stderr).toContain("> GET http");
  expect(stderr).toContain("> authorization: …");
});
