import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { discard, type RunningServer } from "../../../test/e2e/harness.ts";
import { newHome, runCli, startSignedIn } from "./run-cli.ts";

let server: RunningServer;
let home: string;

beforeAll(async () => {
  ({ server, home } = await startSignedIn());
});
afterAll(() => discard(server));

/** How each check came out. */
const states = async (env: Record<string, string> = {}, where = home) => {
  const { stdout, code } = await runCli(where, ["doctor", "--json"], { env });
  const findings: Array<{ check: string; state: string; detail: string; fix?: string }> = JSON.parse(stdout);
  return {
    code,
    last: findings.at(-1),
    wrong: findings.filter(({ state }) => state !== "ok").map(({ check, state }) => `${check}: ${state}`),
  };
};

it("finds nothing wrong where all is well", async () => {
  expect(await states()).toMatchObject({ code: 0, wrong: [], last: { check: "token" } });
  const { stdout } = await runCli(home, ["doctor"]);
  expect(stdout).toMatch(/^ok +server +version \S+, all services answer$/m);
});

it("names the first thing that is wrong, and what to do", async () => {
  const token = await server.adminToken();
  const at = (K8SHELL_SERVER: string, K8SHELL_TOKEN = token) => states({ K8SHELL_SERVER, K8SHELL_TOKEN });
  expect(await states({}, await newHome())).toMatchObject({
    code: 1,
    wrong: ["context: failed"],
    last: { fix: expect.stringContaining("k8shell login") },
  });
  expect((await at("https://nowhere.invalid")).wrong).toEqual(["name: failed"]);
  expect((await at("http://127.0.0.1:1")).wrong).toEqual(["connection: failed"]);
  expect((await at(server.url, "k8sh_wrong")).wrong).toEqual(["token: failed"]);
  expect((await at(server.url, "")).wrong).toEqual(["token: failed"]);
});

it("tells a certificate that nobody trusts, and a server that is none of ours", async () => {
  const [key, cert] = [join(home, "key.pem"), join(home, "cert.pem")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"].concat([
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
      "-keyout",
      key,
      "-out",
      cert,
    ]),
    { stdio: "ignore" },
  );
  const other = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_request, response) =>
    response.end("<h1>hello</h1>"),
  ).listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = `https://localhost:${(other.address() as AddressInfo).port}`;
  const env = { K8SHELL_SERVER: address, K8SHELL_TOKEN: "k8sh_x" };
  expect((await states(env)).wrong).toEqual(["certificate: failed"]);
  const trusted = await states({ ...env, NODE_EXTRA_CA_CERTS: cert });
  expect(trusted.wrong).toEqual(["server: failed"]);
  other.close();
});

it("warns of a configuration file that others can read", async () => {
  const file = join(home, ".config/k8shell/config.yaml");
  await chmod(file, 0o644);
  expect(await states()).toMatchObject({ code: 0, wrong: ["file: warning"] });
  await chmod(file, 0o600);
});

it("examines the configuration of a server", async () => {
  const file = join(home, "server.yaml");
  await writeFile(file, "http:\n  port: 9101\n  cookie: { sameSite: None }\n");
  const bad = await runCli(home, ["doctor", "--server-config", file]);
  expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining("http.cookie.sameSite") });
  await writeFile(file, "http:\n  port: 0\n");
  expect((await runCli(home, ["doctor", "--server-config", file])).code).toBe(0);
});
