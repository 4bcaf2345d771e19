import { execFile } from "node:child_process";
import { join } from "node:path";
import type { WorkspacedApp } from "@k8shell/contract";
import { findProgram } from "../process/find-program.ts";

/** Version of an app that does not tell one (grpc-behaviour section 4). */
export const unknownVersion = "N/A";

const versionTimeoutMs = 10_000;
const maxVersion = 128;

const expandHome = (path: string, home: string): string =>
  path.startsWith("~/") ? join(home, path.slice(2)) : path;

/** Where an app is looked for: what a user installs for itself comes before the system's. */
export const appPath = (home: string, path: string): string =>
  `${join(home, ".local/bin")}:${join(home, "bin")}:${path}`;

/** Whether the app's binary is there; an app without one counts as installed. */
export const isInstalled = (app: WorkspacedApp, home: string, path: string): boolean =>
  app.binary === "" || findProgram(expandHome(app.binary, home), path) !== undefined;

/** Command and arguments; `~/` in the command stands for the home directory. Undefined when the app has none. */
export const startCommand = (
  app: WorkspacedApp,
  home: string,
): { file: string; args: string[] } | undefined => {
  const [file, ...args] = app.start;
  return file === undefined || file === "" ? undefined : { file: expandHome(file, home), args };
};

const compile = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(pattern, "m");
  } catch {
    return undefined;
  }
};

/** Picks the version out of what the version command printed: the pattern's first group, its match, or the first line. */
export const extractVersion = (output: string, pattern: string | undefined): string => {
  const text = output.slice(0, 16_384);
  if (pattern) {
    const match = compile(pattern)?.exec(text);
    return (match?.[1] ?? match?.[0] ?? unknownVersion).trim().slice(0, maxVersion) || unknownVersion;
  }
  return (text.trim().split(/\r?\n/)[0] ?? "").slice(0, maxVersion) || unknownVersion;
};

/** Asks an app for its version; `N/A` when it has no version command or that fails. */
export const readVersion = (
  app: WorkspacedApp,
  options: { env: Record<string, string>; cwd: string },
): Promise<string> =>
  new Promise((resolve) => {
    if (!app.versionCmd) return resolve(unknownVersion);
    execFile(
      "/bin/sh",
      ["-c", app.versionCmd],
      { ...options, timeout: versionTimeoutMs, killSignal: "SIGKILL", maxBuffer: 65_536 },
      (error, stdout, stderr) =>
        resolve(
          error ? unknownVersion : extractVersion(stdout.trim() === "" ? stderr : stdout, app.versionRegex),
        ),
    );
  });
