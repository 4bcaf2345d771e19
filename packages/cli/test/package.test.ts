import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { externals } from "../../../scripts/externals.mjs";
import { stage } from "../pack.mjs";

const root = resolve(import.meta.dirname, "../../..");
const scratch = mkdtempSync(join(tmpdir(), "k8shell-package-"));
const project = join(scratch, "project");
const bin = join(project, "node_modules/.bin/k8shell");
const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: scratch };
let files: string[];

const npm = (...args: string[]) =>
  execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: project,
    encoding: "utf8",
    env: { ...env, npm_config_cache: join(scratch, "cache") },
  });
const k8shell = (...args: string[]) => execFileSync(bin, args, { encoding: "utf8", env, stdio: "pipe" });

beforeAll(() => {
  mkdirSync(project);
  stage(join(scratch, "staged"));
  const [packed] = JSON.parse(npm("pack", join(scratch, "staged"), "--json"));
  files = packed.files.map(({ path }: { path: string }) => path);
  npm("install", join(project, packed.filename), "--omit=optional");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it("has what runs, and no sources, tests or maps", () => {
  expect(files).toEqual(
    expect.arrayContaining([
      "README.md",
      "LICENSE",
      "package.json",
      "dist/k8shell.mjs",
      "packages/cli/dist/k8shell-cli.mjs",
      "packages/cli/man/k8shell.1",
      "packages/console/dist/index.html",
      "packages/workspaced/dist/workspaced.mjs",
    ]),
  );
  expect(files.filter((path) => /\.(ts|map)$|(^|\/)(src|test|node_modules)\//.test(path))).toEqual([]);
});

it("the command runs from where npm installs it, without the packages of the server", () => {
  const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"));
  expect(k8shell("--version")).toBe(`${version}\n`);
  expect(k8shell("workspace", "--help")).toContain("shell");
  expect(() => k8shell("serve", "--port", "0", "--data", join(scratch, "data"))).toThrow(/optional/);
});

it("serve is the server, with its options and its services", async () => {
  // What npm would have installed.
  for (const name of [...externals, "@lydell/node-pty-linux-x64", "@lydell/node-pty-linux-arm64"]) {
    const target = join(project, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(join(root, "node_modules", name), target);
  }
  expect(k8shell("serve", "--help")).toContain("--stop-workspaces");
  expect(k8shell("serve", "identity", "--help")).toContain("identity, authz, session, provisioner");
  const server = spawn(bin, ["serve", "--port", "0", "--data", join(scratch, "data")], { env });
  const exited = new Promise((done) => server.once("exit", done));
  let url: string | undefined;
  for await (const line of createInterface({ input: server.stdout })) {
    url = /^listening on (\S+)$/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  const token = readFileSync(join(scratch, "data/admin.token"), "utf8").trim();
  const own = { ...env, K8SHELL_SERVER: url, K8SHELL_TOKEN: token };
  const list = execFileSync(bin, ["blueprint", "list"], { encoding: "utf8", env: own });
  expect(list).toContain("dev\n");
  const page = await fetch(`${url}/`);
  expect(page.status).toBe(200);
  server.kill("SIGINT");
  expect(await exited).toBe(0);
});
