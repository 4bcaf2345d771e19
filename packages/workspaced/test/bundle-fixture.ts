import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkspacedConfig } from "@k8shell/contract";
import { grpcChannel } from "@k8shell/rpc";
import { onTestFinished } from "vitest";
import { clientsOf, createWorkspace } from "./fixture.ts";

/** Flags a launcher passes to node for a small daemon. */
const daemonFlags = ["--max-semi-space-size=1", "--optimize-for-size"];

const packageDir = join(import.meta.dirname, "..");

/** Builds the bundle and copies it where no node_modules are. */
export const copyBundle = async (to: string): Promise<string> => {
  execFileSync(process.execPath, ["-e", 'import("./build.mjs").then((module) => module.build())'], {
    cwd: packageDir,
  });
  const copy = join(to, "opt");
  await cp(join(packageDir, "dist"), copy, { recursive: true });
  return copy;
};

const exited = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.on("exit", (code) => resolve(code));
  });

/** Runs the bundled daemon as a process of its own. */
export const startBundle = async (changes: Partial<WorkspacedConfig> = {}) => {
  const workspace = await createWorkspace(changes);
  const bundle = await copyBundle(workspace.directory);
  const configFile = join(workspace.directory, "config.json");
  await writeFile(configFile, JSON.stringify(workspace.config));

  const launch = async () => {
    const child = spawn(
      process.execPath,
      [...daemonFlags, join(bundle, "workspaced.mjs"), "--config", configFile],
      { cwd: "/", env: { PATH: process.env.PATH, MALLOC_ARENA_MAX: "1" }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let errors = "";
    child.stderr.on("data", (text) => {
      errors = (errors + text).slice(-20_000);
    });
    await new Promise<void>((resolve, reject) => {
      let out = "";
      child.stdout.on("data", (text) => {
        out += text;
        if (out.includes("listening on ")) resolve();
      });
      child.on("exit", () => reject(new Error(`the daemon ended: ${errors}`)));
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    return child;
  };

  let child = await launch();
  const connect = () => {
    const channel = grpcChannel({
      address: `unix:${workspace.config.listen}`,
      tokenFile: workspace.config.tokenFile,
    });
    onTestFinished(() => channel.close());
    return clientsOf(channel);
  };
  return {
    ...workspace,
    ...connect(),
    bundle,
    configFile,
    connect,
    get pid() {
      return child.pid ?? 0;
    },
    /** Resident memory, MiB. */
    async memory(field: "VmRSS" | "VmHWM" = "VmRSS") {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    },
    /** Ends the daemon; its exit code, null after SIGKILL. */
    stop(signal: NodeJS.Signals) {
      child.kill(signal);
      return exited(child);
    },
    async restart() {
      child = await launch();
    },
  };
};
