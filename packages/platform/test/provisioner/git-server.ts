import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A real git server over HTTP: git's own http-backend behind Basic authentication. */
export interface GitServer {
  readonly url: string;
  /** User and password it wants for everything below `private/`. */
  readonly credential: { readonly username: string; readonly password: string };
  /** Makes a repository with these files on `main`, and the branches named, each with a file `branch`. */
  add(path: string, files: Readonly<Record<string, string>>, branches?: readonly string[]): Promise<void>;
  /** Authorization headers seen. */
  readonly seen: string[];
  /** While true every request waits for ever. */
  hang: boolean;
  close(): Promise<void>;
}

export const startGitServer = async ({ onRequest }: { onRequest?: () => void } = {}): Promise<GitServer> => {
  const root = await mkdtemp(join(tmpdir(), "k8shell-git-"));
  const credential = { username: "git-user", password: `p4ss-${process.pid}` };
  const wanted = `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
  const seen: string[] = [];
  const backend = join(execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(), "git-http-backend");
  const state = { hang: false };

  const server = createServer((request, response) => {
    onRequest?.();
    if (state.hang) return;
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    if (request.headers.authorization !== undefined) seen.push(request.headers.authorization);
    if (pathname.startsWith("/private/") && request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    const child = spawn(backend, {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method ?? "GET",
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
    });
    request.pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf("\r\n\r\n");
      const headers = new Map(
        output
          .subarray(0, Math.max(0, end))
          .toString("latin1")
          .split("\r\n")
          .map((line): [string, string] => [
            line.slice(0, line.indexOf(":")).toLowerCase(),
            line.slice(line.indexOf(":") + 1).trim(),
          ]),
      );
      const status = Number.parseInt(headers.get("status") ?? "200", 10);
      headers.delete("status");
      response.writeHead(status, Object.fromEntries(headers)).end(output.subarray(end + 4));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    credential,
    seen,
    get hang() {
      return state.hang;
    },
    set hang(value) {
      state.hang = value;
    },
    async add(path, files, branches = []) {
      const work = await mkdtemp(join(root, "work-"));
      const git = (...args: string[]) =>
        run("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-C", work, ...args]);
      await git("init", "-q", "-b", "main");
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, name)), { recursive: true });
        await writeFile(join(work, name), text);
      }
      await git("add", "-A");
      await git("commit", "-q", "--allow-empty", "-m", "first");
      for (const branch of branches) {
        await git("checkout", "-q", "-b", branch, "main");
        await writeFile(join(work, "branch"), branch);
        await git("add", "-A");
        await git("commit", "-q", "-m", branch);
      }
      await git("checkout", "-q", "main");
      await mkdir(join(root, dirname(path)), { recursive: true });
      await run("git", ["clone", "-q", "--bare", work, join(root, `${path}.git`)]);
      await rm(work, { recursive: true, force: true });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
};
