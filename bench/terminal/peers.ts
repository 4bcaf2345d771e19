import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/free-port.ts";
import { output, pinned, start } from "../processes.ts";

const wettyVersion = "3.2.0";

export interface Wetty {
  readonly url: string;
  /** Directory with socket.io-client. */
  readonly modules: string;
  stop(): Promise<void>;
}

/** wetty with a shell of its own, installed into a cache on first use. */
export const startWetty = async (core: number): Promise<Wetty> => {
  const modules = join(tmpdir(), `k8shell-bench-wetty-${wettyVersion}`);
  const script = join(modules, "node_modules/wetty/build/main.js");
  if (!existsSync(script)) {
    await mkdir(modules, { recursive: true });
    await writeFile(join(modules, "package.json"), "{}");
    const args = ["install", "--no-audit", "--no-fund", `wetty@${wettyVersion}`, "socket.io-client@4.8.3"];
    execFileSync("npm", args, { cwd: modules, stdio: ["ignore", "ignore", "inherit"] });
  }
  if (process.getuid?.() !== 0)
    throw new Error("wetty starts a shell without SSH for root only: run this as root");
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), "--base", "/wetty", "--log-level", "error"];
  const { NO_COLOR: _, ...env } = process.env;
  const running = start(pinned(core, [process.execPath, script, ...args, "--command", "bash --norc"]), {
    ...env,
    NODE_ENV: "production",
    SHELL: "/bin/bash",
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`${url}/wetty`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return { url, modules, stop: () => running.stop() };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await running.stop();
  throw new Error("wetty does not answer");
};

/** Reads what a command prints into a pseudo-terminal, and does nothing with it. */
const rawReader = `
import os, pty, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "-c", sys.argv[1]])
marks = []
try:
    while len(marks) < 2:
        data = os.read(fd, 65536)
        if not data:
            break
        marks += [time.perf_counter()] * data.count(b"\\x1e")
except OSError:
    pass
print(marks[1] - marks[0])
`;

/** MB/s of a command that prints `bytes` into a pseudo-terminal that is read and nothing else. */
export const rawRead = async (core: number, command: string, bytes: number): Promise<number> => {
  // Without -onlcr there is nothing to wait for: the terminal is as a shell leaves it.
  const line = `printf '\\036'; ${command}; printf '\\036'`;
  return bytes / 1e6 / Number(await output(pinned(core, ["python3", "-c", rawReader, line])));
};
