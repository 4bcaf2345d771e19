import { type ChildProcess, execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../test/e2e/free-port.ts";

const entry = resolve(import.meta.dirname, "../src/main.ts");
const run = promisify(execFile);
let dataDir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "k8shell-main-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  await rm(dataDir, { recursive: true, force: true });
});

const start = async (...args: string[]) => {
  const child = spawn(process.execPath, [entry, "--data", dataDir, "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const exited = once(child, "exit").then(([code]) => code as number | null);
  let output = "";
  const listening = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
      const url = /^listening on (\S+)$/m.exec(output)?.[1];
      if (url) listening.resolve(url);
    });
  }
  void exited.then((code) => listening.reject(new Error(`ended with ${code}: ${output}`)));
  return { child, exited, url: await listening.promise, output: () => output };
};

/** Resolves when nothing accepts connections there any more. */
const refuses = async (url: string): Promise<void> => {
  const { port } = new URL(url);
  for (;;) {
    const socket = connect(Number(port), "127.0.0.1");
    const refused = await Promise.race([
      once(socket, "connect").then(
        () => false,
        () => true,
      ),
      once(socket, "error").then(() => true),
    ]);
    socket.destroy();
    if (refused) return;
    await new Promise((resume) => setTimeout(resume, 10));
  }
};

const body = JSON.stringify({ password: "correct horse battery staple" });

/** Exit code and standard error of a run that fails. */
const failing = async (...args: string[]) => {
  try {
    await run(process.execPath, [entry, ...args]);
  } catch (error) {
    return { code: Reflect.get(Object(error), "code"), stderr: String(Reflect.get(Object(error), "stderr")) };
  }
  throw new Error("it should have failed");
};

test("prints help and version", async () => {
  expect((await run(process.execPath, [entry, "--help"])).stdout).toContain("--stop-workspaces");
  expect((await run(process.execPath, [entry, "--version"])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
});

test("mistakes of the operator are one line, without a stack", async () => {
  const usage = await failing("--port", "x");
  expect(usage).toEqual({ code: 2, stderr: expect.stringMatching(/^k8shell: --port is "x".*\n$/) });
  const config = join(dataDir, "broken.yaml");
  await writeFile(config, "http: {port: many}");
  expect(await failing("--data", dataDir, "--config", config)).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^k8shell: .*http\.port: expected a whole number.*\n$/),
  });
});

test("a server whose services are all elsewhere starts before NATS, which nothing else keeps it waiting for", async () => {
  const config = join(dataDir, "config.yaml");
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeFile(join(dataDir, "jwt.pem"), publicKey.export({ type: "spki", format: "pem" }));
  const elsewhere = `{address: "127.0.0.1:${await freePort()}"}`;
  await writeFile(
    config,
    [
      ...["identity", "authz", "session", "provisioner"].map((name) => `${name}: ${elsewhere}`),
      `jwtVerifier: {publicKeyFile: ${join(dataDir, "jwt.pem")}}`,
      `nats: {enabled: true, url: "nats://127.0.0.1:${await freePort()}", startWaitSeconds: 0}`,
    ].join("\n"),
  );
  const { url } = await start("--config", config);
  const health = await (await fetch(`${url}/api/v1/healthcheck`)).json();
  expect(health).toMatchObject({ backends: { kv: { status: "down", mode: "remote" } } });
});

test("a data directory that cannot be written is a mistake of the operator", async () => {
  const file = join(dataDir, "file");
  await writeFile(file, "");
  expect(await failing("--data", join(file, "data"), "--port", "0")).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^k8shell: the data directory .* cannot be written: .*\n$/),
  });
});

test.each([["text", "--logtext"], ["JSON"]])(
  "the server serves on while nothing it prints can be written, in %s",
  async (_format, ...args) => {
    const config = join(dataDir, "config.yaml");
    await writeFile(config, "http: {logging: {enabled: true}}\n");
    const port = await freePort();
    const full = await open("/dev/full", "w");
    onTestFinished(() => full.close());
    const child = spawn(
      process.execPath,
      [entry, "--data", dataDir, "--port", String(port), "--config", config, ...args],
      { stdio: ["ignore", full.fd, full.fd] },
    );
    children.push(child);
    const exited = once(child, "exit");
    const status = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return response?.status ?? child.exitCode;
    };
    await expect.poll(status).toBe(200);
    for (let count = 0; count < 10; count++) expect(await status()).toBe(200);
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  },
);

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends the server with 0 and lets a running request finish",
  async (signal) => {
    const server = await start();
    expect(server.output().trimEnd().split("\n").at(-1)).toBe(`listening on ${server.url}`);
    const token = (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
    // The server asks for the body, so it is at work on this request; the body comes after the signal.
    const request = httpRequest(`${server.url}/api/v1/me/password`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        expect: "100-continue",
        "content-length": body.length,
      },
    });
    request.flushHeaders();
    await once(request, "continue");
    server.child.kill(signal);
    await refuses(server.url);
    request.end(body);
    const [response] = await once(request, "response");
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(await server.exited).toBe(0);
  },
);

test("with a configuration file the log is JSON, without secrets", async () => {
  const config = join(dataDir, "config.yaml");
  await writeFile(config, "http:\n  logging: {enabled: true, requestHeaders: true, responseHeaders: true}\n");
  const server = await start("--config", config);
  const token = (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
  await fetch(`${server.url}/api/v1/me/profile?code=query-secret`, {
    headers: {
      authorization: `Bearer ${token}`,
      cookie: "k8shell-session=cookie-secret",
      "x-visible": "yes",
    },
  });
  server.child.kill("SIGTERM");
  await server.exited;
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual(
    expect.objectContaining({
      msg: "request",
      method: "GET",
      path: "/api/v1/me/profile",
      requestHeaders: expect.objectContaining({ "x-visible": "yes" }),
    }),
  );
  const printed = server.output();
  for (const secret of [token, "cookie-secret", "query-secret"]) expect(printed).not.toContain(secret);
});
