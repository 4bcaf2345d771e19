import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { newDataDir, startServerProcess } from "../../../test/e2e/harness.ts";

export const bundle = resolve(import.meta.dirname, "../dist/k8shell-cli.mjs");

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const made: string[] = [];
// Each file of tests has this module for itself.
afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});

/** A directory that is removed after the tests of the file. */
export const newDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-cli-"));
  made.push(directory);
  return directory;
};

/** A home directory of its own, with the command's configuration in it. */
export const newHome = newDirectory;

/** Runs the command as a person's shell does, without a terminal, to its end. */
export const runCli = async (
  home: string,
  args: readonly string[],
  { stdin = "", env = {} }: { stdin?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<CliResult> => {
  if (!existsSync(bundle)) throw new Error("packages/cli/dist is missing: run `npm run build` first");
  const child = spawn(process.execPath, [bundle, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: home, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const [code] = (await once(child, "close")) as [number | null];
  return { stdout, stderr, code };
};

/** A server, and a home in which its administrator is signed in (context `here`). The caller discards the server. */
export const startSignedIn = async () => {
  const [server, home] = await Promise.all([startServerProcess(await newDataDir()), newHome()]);
  const token = await server.adminToken();
  await runCli(home, ["login", "--server", server.url, "--token-stdin", "--name", "here"], { stdin: token });
  return { server, home, token };
};

/** As `startSignedIn`, with a workspace `name` of the blueprint `dev`. */
export const startCliPlatform = async () => {
  const platform = await startSignedIn();
  const created = await runCli(platform.home, ["workspace", "create", "dev"]);
  return { ...platform, name: created.stdout.trim() };
};
