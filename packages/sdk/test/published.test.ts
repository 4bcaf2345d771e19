import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { build as bundle } from "esbuild";
import { chromium } from "playwright-core";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createWorkspace,
  discard,
  newDataDir,
  type RunningServer,
  startServerProcess,
} from "../../../test/e2e/harness.ts";
import { build } from "../build.mjs";

const root = resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);

let directory: string;
let tarball: string;
let project: string;
let server: RunningServer;

interface Example {
  readonly file: string;
  readonly heading: string;
  readonly isForBrowsers: boolean;
  readonly source: string;
}

/** The examples of the README, in their order. */
const readExamples = async (): Promise<Example[]> => {
  const text = await readFile(join(root, "packages/sdk/README.md"), "utf8");
  const found: Example[] = [];
  let heading = "";
  for (const [, title, kind, source = ""] of text.matchAll(
    /^## (.+)$|^```(ts(?: browser)?)\n([\s\S]*?)^```$/gm,
  )) {
    if (title !== undefined) heading = title;
    else {
      const file = `example-${found.length}.ts`;
      found.push({ file, heading, isForBrowsers: kind === "ts browser", source });
    }
  }
  return found;
};

/** What each example of a heading prints. */
const printed: Readonly<Record<string, RegExp>> = {
  Begin: /admin-\w+ runs Linux\n$/,
  "Run a command": /^1\n2\n3\n$/,
  "Open a terminal": /hello from \S+/,
  "Move files": /20000000 of 20000000\nstored 20000000 bytes\n7 bytes: k8shell\n$/,
  "Reach a port": /^200\n$/,
  "When something fails": /^404 .+\n$/,
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sdk-published-"));
  const packed = join(directory, "packed");
  await build(packed);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: packed });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = join(directory, filename);

  // A project that has installed it.
  project = join(directory, "project");
  const installed = join(project, "node_modules/@k8shell/sdk");
  await mkdir(installed, { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  for (const name of ["@bufbuild/protobuf", "ws", "tus-js-client", "@types/node", "@xterm/xterm"]) {
    const link = join(project, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link);
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  for (const { file, source } of await readExamples()) await writeFile(join(project, file), source);
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await discard(server);
  await rm(directory, { recursive: true, force: true });
});

test("publint finds nothing wrong with the package", async () => {
  const { messages } = await publint({ pkgDir: join(directory, "packed"), strict: true });
  expect(messages).toEqual([]);
});

test("every way of importing it that there is finds its types", async () => {
  const checked = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
  if (!checked.types) throw new Error("the package has no types");
  // It is made of modules only, for Node and bundlers that know `exports`; how files were found before that is not for it.
  const wrong = checked.problems.filter(
    (problem) =>
      problem.kind !== "CJSResolvesToESM" &&
      !("resolutionKind" in problem && problem.resolutionKind === "node10"),
  );
  expect(wrong).toEqual([]);
});

test("the examples of the README compile against the package's types", async () => {
  const compilerOptions = {
    target: "es2024",
    lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [compiler, "-p", project]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe("");
});

test("the examples of the README do what they say against a real server", async () => {
  const env = { ...process.env, K8SHELL_SERVER: server.url, K8SHELL_TOKEN: await server.adminToken() };
  const seen = new Set<string>();
  for (const { file, heading, isForBrowsers } of await readExamples()) {
    if (isForBrowsers) continue;
    seen.add(heading);
    const { stdout } = await run(process.execPath, [join(project, file)], { cwd: project, env });
    expect([heading, stdout]).toEqual([heading, expect.stringMatching(printed[heading] ?? /^never$/)]);
  }
  expect([...seen]).toEqual(Object.keys(printed));
});

test("the example for browsers runs in one, signed in by its cookie", async () => {
  const workspaces = (await (await server.api("GET", "/workspaces")).json()) as unknown[];
  if (workspaces.length === 0) await createWorkspace(server, { username: "admin", blueprint: "dev" });
  const [example] = (await readExamples()).filter(({ isForBrowsers }) => isForBrowsers);
  const bundled = await bundle({
    entryPoints: [join(project, example?.file ?? "")],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    // The page is made here, so to the browser it is not one of this machine, which may not call this machine.
    args: ["--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(/http:\/\/\S+\/signin\/once\?token=\S+/.exec(server.output())?.[0] ?? "");
    await page.getByRole("heading", { name: "Workspaces" }).waitFor();
    await page.route("**/sdk-example/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: '<!doctype html><body><script type="module" src="main.js"></script>',
      }),
    );
    await page.route("**/sdk-example/main.js", (route) =>
      route.fulfill({ contentType: "text/javascript", body: bundled.outputFiles[0]?.text ?? "" }),
    );
    await page.goto(`${server.url}/sdk-example/`);
    await page.waitForFunction('document.title === "/tmp"');
    await page.locator(".xterm-rows", { hasText: /\d+ entries/ }).waitFor({ state: "attached" });
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
  }
});
