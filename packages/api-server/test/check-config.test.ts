import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";

const entry = resolve(import.meta.dirname, "../src/main.ts");
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-check-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Runs `--check-config` with a file of this text. */
const check = async (text: string, ...args: string[]) => {
  const file = join(dir, "config.yaml");
  await writeFile(file, text);
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      process.execPath,
      [entry, "--check-config", "--config", file, ...args],
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
};

test("--check-config prints what would be in force, masks secrets, says what is unwise, and exits 0", async () => {
  const { code, stdout, stderr } = await check(
    `http: {port: "9200", cookie: {httpOnly: false}}
jwtVerifer: {}
nats: {url: "nats://ann:hidden-in-url@nats:4222", password: hidden-password}
jwtVerifier: {privateKey: hidden-key}
identity:
  providers: [{type: github, clientId: shown-id, clientSecret: hidden-secret}]
`,
    "--bind",
    "127.0.0.2",
  );
  expect(stdout + stderr).not.toContain("hidden");
  expect(parse(stdout)).toMatchObject({
    http: { port: 9200, bind: "127.0.0.2", cookie: { httpOnly: false, sameSite: "Lax" } },
    nats: { url: "nats://********@nats:4222", password: "********" },
    identity: { providers: [{ type: "github", clientId: "shown-id", clientSecret: "********" }] },
  });
  expect(stderr).toMatch(/^warning: .*config\.yaml:2:1: jwtVerifer: .*did you mean jwtVerifier\?$/m);
  expect(stderr).toMatch(/^warning: http\.cookie\.httpOnly: .*Leave the key out\.$/m);
  expect(stderr).toMatch(/^The configuration can be used \(3 warnings\)\.$/m);
  expect(code).toBe(0);
});

test.each([
  [
    "a mistake in the file",
    "http: {port: many}",
    /^refused: .*config\.yaml:1:8: http\.port: expected a whole number/m,
  ],
  [
    "what the doctor refuses",
    "http: {cookie: {sameSite: None}}",
    /^refused: http\.cookie\.sameSite: .* Set /m,
  ],
  [
    "what a sign-in provider lacks",
    "identity: {providers: [{type: oidc, clientId: x}]}",
    /^refused: identity\.providers\.0\.issuer: /m,
  ],
])("--check-config exits 1 for %s", async (_what, text, line) => {
  const { code, stderr } = await check(text);
  expect(stderr).toMatch(line);
  expect(stderr).toMatch(/^The configuration cannot be used: 1 mistake, 0 warnings\.$/m);
  expect(code).toBe(1);
});
