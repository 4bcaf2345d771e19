import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copyBundle, startBundle } from "./bundle-fixture.ts";
import { exec, openShell } from "./fixture.ts";

const token = "k8sh_test";

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
};

/** Stands for the API's credential endpoint: answers what it is given, and keeps what it was asked. */
const startApi = async (
  credentials: Record<string, { subject: string; secret: string; expiresAt?: string }>,
) => {
  const asked: string[] = [];
  const api = await listen(
    createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://api");
      const kind = /^\/api\/v1\/users\/alice\/credentials\/(\w+)$/.exec(url.pathname)?.[1];
      const scope = url.searchParams.get("scope");
      asked.push(`${kind} ${scope}`);
      const found = credentials[`${kind} ${scope}`];
      response.setHeader("content-type", "application/json");
      if (request.headers.authorization !== `Bearer ${token}`) {
        response.statusCode = 401;
        response.end(JSON.stringify({ status: 401, msg: "bad token" }));
      } else if (found === undefined) {
        response.statusCode = 404;
        response.end(JSON.stringify({ status: 404, msg: "no such credential" }));
      } else response.end(JSON.stringify({ id: 1, username: "alice", serviceName: kind, ...found }));
    }),
  );
  return { api, asked };
};

/** A private repository behind HTTP basic authentication. */
const startGitServer = async (password: string) => {
  const root = await mkdtemp(join(tmpdir(), "git-server-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const work = join(root, "work");
  await mkdir(work);
  await writeFile(join(work, "README"), "private text\n");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: work, stdio: "pipe" });
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  git("clone", "-q", "--bare", work, join(root, "portal.git"));
  execFileSync("git", ["update-server-info"], { cwd: join(root, "portal.git") });
  const expected = `Basic ${Buffer.from(`alice-gh:${password}`).toString("base64")}`;
  return listen(
    createServer((request, response) => {
      if (request.headers.authorization !== expected) {
        response.setHeader("www-authenticate", 'Basic realm="git"');
        response.statusCode = 401;
        response.end();
        return;
      }
      const path = normalize(new URL(request.url ?? "/", "http://git").pathname);
      readFile(join(root, path)).then(
        (data) => response.end(data),
        () => {
          response.statusCode = 404;
          response.end();
        },
      );
    }),
  );
};

const tool = async (name: string, args: string[], input: string, env: Record<string, string>) => {
  const directory = await mkdtemp(join(tmpdir(), "tools-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const bundle = await copyBundle(directory);
  const child = spawn(process.execPath, [join(bundle, "bin", name), ...args], { env, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { stdout, stderr, code };
};

const access = (api: string) => ({ K8SHELL_API: api, K8SHELL_USERNAME: "alice", K8SHELL_PAT_TOKEN: token });

test("a private repository is cloned with the user's credential, which is nowhere on disk", async () => {
  const secret = "ghp_verysecret";
  const gitServer = await startGitServer(secret);
  const { api, asked } = await startApi({ [`git ${gitServer}`]: { subject: "alice-gh", secret } });
  const { ssh, directory, home } = await startBundle({
    env: { K8SHELL_API: api, K8SHELL_PAT_TOKEN: token, GIT_TERMINAL_PROMPT: "0" },
  });
  const result = await exec(ssh, `git clone -q ${gitServer}/portal.git && cat portal/README`);
  expect(result).toMatchObject({ stdout: "private text\n", exitCode: 0 });
  expect(asked).toContain(`git ${gitServer}`);
  const leaks = execFileSync("sh", ["-c", `grep -rlF -e ${secret} "$0" || true`, directory]).toString();
  expect(leaks).toBe("");
  expect(existsSync(join(home, ".gitconfig"))).toBe(false);

  const shell = openShell(ssh, "ws-1");
  await shell.type(`git clone -q ${gitServer}/portal.git again && cat again/README\n`);
  await shell.until("private text");
});

test("the user's own git configuration from the blueprint is kept beside the helper", async () => {
  const { ssh } = await startBundle({
    env: {
      K8SHELL_API: "http://127.0.0.1:9",
      K8SHELL_PAT_TOKEN: token,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "user.name",
      GIT_CONFIG_VALUE_0: "Alice",
    },
  });
  const result = await exec(ssh, "git config user.name; git config credential.helper");
  expect(result.stdout).toMatch(/^Alice\n!.*git-credential-k8shell'\n$/);
});

test("a workspace without access to the API has no helper", async () => {
  const { ssh } = await startBundle();
  const result = await exec(ssh, 'echo "[$GIT_CONFIG_COUNT$DOCKER_CONFIG]"');
  expect(result.stdout).toBe("[]\n");
});

test("docker finds its helper and a configuration of ours, and the user's own is left alone", async () => {
  const { api } = await startApi({
    "registry https://index.docker.io/v1/": { subject: "al", secret: "dckr" },
  });
  const daemon = await startBundle({ env: { K8SHELL_API: api, K8SHELL_PAT_TOKEN: token } });
  const script =
    'cat "$DOCKER_CONFIG/config.json"; echo https://index.docker.io/v1/ | docker-credential-k8shell get';
  const result = await exec(daemon.ssh, script);
  expect(result.stdout).toBe(
    '{ "credsStore": "k8shell" }\n{"ServerURL":"https://index.docker.io/v1/","Username":"al","Secret":"dckr"}\n',
  );
  await mkdir(join(daemon.home, ".docker"));
  await writeFile(join(daemon.home, ".docker/config.json"), "{}");
  await daemon.stop("SIGTERM");
  await daemon.restart();
  expect((await exec(daemon.connect().ssh, 'echo "[$DOCKER_CONFIG]"')).stdout).toBe("[]\n");
});

test("the git helper answers nothing it was not asked, and stores nothing", async () => {
  const { api, asked } = await startApi({
    "git https://git.example": { subject: "bob", secret: "pw" },
    "git https://evil.example": { subject: "x", secret: "a\nhost=other" },
  });
  const get = async (input: string, verb = "get") =>
    (await tool("git-credential-k8shell", [verb], input, access(api))).stdout;
  expect(await get("protocol=https\nhost=git.example\n\n")).toBe("username=bob\npassword=pw\n");
  expect(await get("protocol=https\nhost=git.example\nusername=carol\n\n")).toBe("");
  expect(await get("protocol=https\nhost=other.example\n\n")).toBe("");
  expect(await get("protocol=https\nhost=evil.example\n\n")).toBe("");
  const before = asked.length;
  expect(await get("protocol=ssh\nhost=git.example\n\n")).toBe("");
  expect(await get("protocol=https\nhost=git.example\nusername=a\npassword=b\n\n", "store")).toBe("");
  expect(await get("protocol=https\nhost=git.example\n\n", "erase")).toBe("");
  expect(asked.length).toBe(before);
});

test("the docker helper speaks the whole protocol", async () => {
  const { api } = await startApi({});
  const run = (verb: string, input = "") => tool("docker-credential-k8shell", [verb], input, access(api));
  expect(await run("list")).toMatchObject({ stdout: "{}\n", code: 0 });
  expect(await run("get", "registry.example")).toMatchObject({
    stdout: "credentials not found in native keychain\n",
    code: 1,
  });
  expect(await run("store", "{}")).toMatchObject({ code: 1 });
  expect(await run("erase", "registry.example")).toMatchObject({ stdout: "", code: 0 });
});

test("the kubectl plugin answers in the version asked for, for the namespace in the environment", async () => {
  const expiresAt = "2030-01-01T00:00:00Z";
  const { api } = await startApi({ "kubernetes team-a": { subject: "sa", secret: "jwt", expiresAt } });
  const env = { ...access(api), K8SHELL_KUBE_NAMESPACE: "team-a" };
  const version = "client.authentication.k8s.io/v1beta1";
  const result = await tool("k8shell-kube-credential", [], "", {
    ...env,
    KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion: version }),
  });
  expect(JSON.parse(result.stdout)).toEqual({
    apiVersion: version,
    kind: "ExecCredential",
    status: { token: "jwt", expirationTimestamp: expiresAt },
  });
  const missing = await tool("k8shell-kube-credential", [], "", { ...env, K8SHELL_KUBE_NAMESPACE: "other" });
  expect(missing).toMatchObject({ code: 1, stdout: "" });
});

test("tools say what went wrong without the token", async () => {
  const { api } = await startApi({});
  const refused = await tool("k8shell-kube-credential", [], "", {
    ...access(api),
    K8SHELL_PAT_TOKEN: "wrong-token",
    K8SHELL_KUBE_NAMESPACE: "a",
  });
  expect(refused.stderr).toBe("k8shell-kube-credential: the k8shell API answered 401: bad token\n");
  const absent = await tool("k8shell-kube-credential", [], "", { K8SHELL_KUBE_NAMESPACE: "a" });
  expect(absent.stderr).toContain("must be set");
});
