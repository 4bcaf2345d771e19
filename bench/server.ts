import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { start } from "./processes.ts";

/** The server of this repository, started as `npm start` does, with a data directory of its own. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  /** Headers that authenticate as the administrator, with an access token. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Makes a workspace of the `dev` blueprint and waits until it runs. Resolves to its name.
   * @param username whose; a new user, who is made first. Default: the administrator's
   */
  createWorkspace(username?: string): Promise<string>;
  /** Stops the server and its workspaces, and removes the directory. */
  stop(): Promise<void>;
}

const root = resolve(import.meta.dirname, "..");

/** The command of `npm start`, with the Node that runs this. */
const startCommand = (): string[] => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [program, ...args]: string[] = String(scripts.start)
    .replace(/^exec /, "")
    .split(" ");
  if (program !== "node") throw new Error(`npm start runs ${program}, not node`);
  const script = args.findIndex((arg) => arg.endsWith(".mjs"));
  args[script] = join(root, args[script] ?? "");
  if (!existsSync(args[script])) throw new Error("the server is not built: run `npm run build` first");
  return [process.execPath, ...args];
};

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/**
 * @param wrap adds to the command, e.g. the core it runs on
 * @param parent holds the data directory, and in it the files of workspaces
 */
export const startServer = async (
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  parent: string = tmpdir(),
): Promise<BenchServer> => {
  const dataDir = await mkdtemp(join(parent, "k8shell-bench-"));
  const command = [...startCommand(), "--data", dataDir, "--port", "0", "--stop-workspaces"];
  const { NO_COLOR: _, ...env } = process.env;
  const running = start(wrap(command), { ...env, K8SHELL_LOG_LEVEL: "error" });
  const stop = async () => {
    await running.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const url = (await running.line(/^listening on /)).replace("listening on ", "");
    const token = (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
    const headers = { authorization: `Bearer ${token}` };
    const api = `${url}/api/v1`;
    return {
      url,
      // taskset replaces itself with the program it starts.
      pid: running.child.pid ?? 0,
      headers,
      async createWorkspace(username) {
        const post = (path: string, body: object) =>
          fetch(`${api}/${path}`, {
            method: "POST",
            headers: { ...headers, "content-type": "application/json" },
            body: JSON.stringify(body),
          });
        if (username !== undefined) {
          const user = await post("users", { username, org: "default", roles: ["developer"] });
          if (!user.ok) throw new Error(`no user was made: ${user.status} ${await user.text()}`);
        }
        const made = await post("workspaces", { username, blueprint: "dev" });
        if (!made.ok) throw new Error(`no workspace was made: ${made.status} ${await made.text()}`);
        const { workspace } = await made.json();
        for (let attempt = 0; attempt < 300; attempt += 1) {
          const found = await fetch(`${api}/workspaces/${workspace}`, { headers });
          if (found.ok && (await found.json()).status === "Running") return workspace;
          await wait(100);
        }
        throw new Error(`${workspace} does not run after 30 seconds`);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
