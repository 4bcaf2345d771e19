import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { callbackResult } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GatewayHarness, sessionCookie, startGateway } from "./gateway-harness.ts";

let gateway: GatewayHarness;

const password = "correct horse battery";

beforeAll(async () => {
  gateway = await startGateway();
  for (const username of ["ann", "ben", "cat", "dan"]) {
    await gateway.addUser(username);
    await gateway.identity.setUserPassword({ username, password });
  }
});

afterAll(() => gateway?.close());

const login = (username: string, given: string, headers: Record<string, string> = {}) =>
  gateway.api("POST", "/auth/login", { json: { username, password: given }, headers });

const who = async (cookie: string) =>
  (await gateway.api("GET", "/me/profile", { headers: { cookie } })).status;

test("a right password begins a session and ends the one before", async () => {
  const first = await login("Ann", password);
  expect(first.status).toBe(200);
  expect(callbackResult.parse(await first.json())).toEqual({
    username: "ann",
    redirect: "/",
    newUser: false,
  });
  const cookie = sessionCookie(first);
  expect(await who(cookie)).toBe(200);
  const second = sessionCookie(await login("ann", password, { cookie }));
  expect(second).not.toBe(cookie);
  expect(await who(second)).toBe(200);
  expect(await who(cookie)).toBe(401);
});

test("a wrong password and a user who does not exist get the same answer", async () => {
  const answers = await Promise.all([login("ann", "wrong"), login("nobody", "wrong"), login("ann", "")]);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  for (const [index, answer] of answers.entries()) {
    expect(answer.status).toBe(401);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(bodies[index]).toMatchObject({ code: "unauthenticated", msg: bodies[0].msg });
  }
});

test("too many wrong passwords shut out the right one", async () => {
  for (let attempt = 0; attempt < 5; attempt++) await login("ben", "wrong");
  expect((await login("ben", password)).status).toBe(429);
});

test("a locked account does not get in", async () => {
  await gateway.gateway.accounts.setLocked("cat", true);
  expect((await login("cat", password)).status).toBe(403);
});

test("a page of another site cannot sign its visitors in", async () => {
  expect((await login("ann", password, { origin: "https://evil.example" })).status).toBe(403);
  expect((await login("ann", password, { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("policy decides who may sign in with a password", async () => {
  const file = join(gateway.dataDir, "policies", "no-passwords.cedar");
  await writeFile(
    file,
    `@id("dan-without-password")
@rank("99")
@obligation_auth_methods("[\\"web\\"]")
permit (principal, action == Action::"user:auth", resource) when { principal.username == "dan" };
`,
  );
  await expect.poll(async () => (await login("dan", password)).status).toBe(403);
  expect((await login("ann", password)).status).toBe(200);
  await rm(file);
  await expect.poll(async () => (await login("dan", password)).status).toBe(200);
});
