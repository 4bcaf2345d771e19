import { describe, expect, test } from "vitest";
import { storedBytes } from "../postgres/test-database.ts";
import { expectStatus, startIdentity } from "./start-identity.ts";

const password = "correct horse";
const withAlice = async () => {
  const started = await startIdentity();
  await started.client.createUser({ username: "alice", organization: "default", password });
  const attempt = (text: string) => started.client.authUserPassword({ username: "alice", password: text });
  return { ...started, attempt };
};

test("the right password signs in, a wrong one or an unknown user does not and is no error", async () => {
  const { client, attempt } = await withAlice();
  expect(await attempt(password)).toMatchObject({ valid: true, locked: false, user: { username: "alice" } });
  expect(await attempt("wrong")).toMatchObject({ valid: false, locked: false });
  expect(await client.authUserPassword({ username: "bob", password })).toMatchObject({ valid: false });
  expect(await client.authUserPassword({ username: "../x", password })).toMatchObject({ valid: false });
});

test("a user without a password cannot sign in with an empty one", async () => {
  const { client, attempt } = await withAlice();
  await client.setUserPassword({ username: "alice", password: "" });
  expect((await attempt("")).valid).toBe(false);
  expect((await attempt(password)).valid).toBe(false);
});

test("a new password has 8 characters to 72 bytes", async () => {
  const { client, attempt } = await withAlice();
  const set = (text: string) => client.setUserPassword({ username: "alice", password: text });
  await expectStatus(set("1234567"), "InvalidArgument");
  await expectStatus(set("ä".repeat(37)), "InvalidArgument");
  await expectStatus(client.setUserPassword({ username: "bob", password }), "NotFound");
  await set("ä".repeat(36));
  expect((await attempt("ä".repeat(36))).valid).toBe(true);
  expect((await attempt(password)).valid).toBe(false);
});

test("the password is stored as argon2id and never answered, only that there is one", async () => {
  const { client, dataDir } = await withAlice();
  const stored = await storedBytes(dataDir);
  expect(stored.includes(password)).toBe(false);
  expect(stored.includes("$argon2id$")).toBe(true);
  expect((await client.findUser({ username: "alice" })).password).toBe("set");
});

describe("lockout", () => {
  test("five failures lock the password for 15 minutes, the right one included", async () => {
    const { client, attempt, clock, lockouts } = await withAlice();
    for (let i = 0; i < 4; i++) expect((await attempt("wrong")).locked).toBe(false);
    expect((await attempt("wrong")).locked).toBe(true);
    expect(await attempt(password)).toMatchObject({ valid: false, locked: true });
    const until = Math.floor(clock.now / 1000) + 900;
    expect(JSON.parse((await lockouts.get("alice"))?.value ?? "")).toEqual({
      failedAttempts: 5,
      lockedUntil: until,
    });
    const status = await client.getPasswordLockoutStatus({ username: "alice" });
    expect(status).toMatchObject({ locked: true, lockedUntil: BigInt(until) });
    clock.now += 901_000;
    expect((await attempt(password)).valid).toBe(true);
    expect((await client.getPasswordLockoutStatus({ username: "alice" })).locked).toBe(false);
  });

  test("attempts made at the same time all count", async () => {
    const { attempt } = await withAlice();
    const results = await Promise.all(Array.from({ length: 12 }, () => attempt("wrong")));
    expect(results.every((result) => !result.valid)).toBe(true);
    expect(await attempt(password)).toMatchObject({ valid: false, locked: true });
  });

  test("a success and an administrator reset the count", async () => {
    const { client, attempt } = await withAlice();
    for (let i = 0; i < 4; i++) await attempt("wrong");
    await attempt(password);
    for (let i = 0; i < 4; i++) await attempt("wrong");
    expect((await attempt(password)).valid).toBe(true);
    for (let i = 0; i < 5; i++) await attempt("wrong");
    expect((await client.clearPasswordLockout({ username: "alice" })).success).toBe(true);
    expect((await attempt(password)).valid).toBe(true);
  });

  test("unknown names lock like known ones", async () => {
    const { client } = await withAlice();
    const attempt = () => client.authUserPassword({ username: "nobody", password });
    for (let i = 0; i < 4; i++) expect((await attempt()).locked).toBe(false);
    expect((await attempt()).locked).toBe(true);
  });
});
