import { generateKeyPairSync } from "node:crypto";
import { sqliteKv } from "@k8shell/kv";
import { SignJWT } from "jose";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "./hash.ts";
import { createJwtVerifier } from "./jwt-verifier.ts";
import { createWebSessions, type WebSessions } from "./web-sessions.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const minute = 60_000;
const hour = 60 * minute;

let clock: number;
let revokedBefore: number;
let renewals: string[];
let renewed: string | undefined;
let failure: Error | undefined;
let kv: ReturnType<typeof sqliteKv>;
const opened: WebSessions[] = [];

beforeEach(() => {
  clock = Date.now();
  revokedBefore = 0;
  renewals = [];
  renewed = undefined;
  failure = undefined;
  kv = sqliteKv({ file: ":memory:" });
});
afterEach(async () => {
  for (const sessions of opened.splice(0)) sessions.close();
  await kv.close();
});

const sign = (lifetimeMs: number, issuedAt = clock) =>
  new SignJWT({ sub: "alice", source: "local", roles: ["dev"], org: "default" })
    .setProtectedHeader({ alg: "ES256" })
    .setIssuedAt(Math.floor(issuedAt / 1000))
    .setExpirationTime(Math.floor((issuedAt + lifetimeMs) / 1000))
    .sign(privateKey);

/** One replica: its own memory on the shared store. */
const replica = async (): Promise<WebSessions> => {
  const sessions = createWebSessions({
    bucket: await kv.bucket("web-sessions"),
    verifier: createJwtVerifier({
      key: publicKey.export({ type: "spki", format: "pem" }).toString(),
      now: () => clock,
    }),
    async renewJwt(username, source) {
      renewals.push(`${username}/${source}`);
      await new Promise((resume) => setTimeout(resume, 20));
      if (failure) throw failure;
      return renewed;
    },
    isRevoked: (_username, createdAt) => createdAt < revokedBefore,
    lifetimes: { idleMs: 8 * hour, absoluteMs: 24 * hour },
    log: pino({ level: "silent" }),
    now: () => clock,
  });
  opened.push(sessions);
  return sessions;
};

const claims = {
  sub: "alice",
  source: "local",
  roles: ["dev"],
  org: "default",
  iat: 0,
  issuedAtMs: 0,
  exp: 0,
};
const open = async (sessions: WebSessions, lifetime = hour) => sessions.create(claims, await sign(lifetime));

test("the store never sees the cookie's value", async () => {
  const sessions = await replica();
  const cookie = await open(sessions);
  expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const bucket = await kv.bucket("web-sessions");
  expect(await bucket.keys()).toEqual([sha256(cookie)]);
  expect((await bucket.get(sha256(cookie)))?.value).not.toContain(cookie);
});

test("a session is known to every replica, and gone from all when one ends it", async () => {
  const [first, second] = [await replica(), await replica()];
  const ended = new Promise((resolve) => second.onEnd(resolve));
  const cookie = await open(first);
  expect(await second.resolve(cookie)).toMatchObject({
    username: "alice",
    roles: ["dev"],
    credential: { kind: "session", sessionId: sha256(cookie) },
  });
  expect(second.peek(cookie)?.username).toBe("alice");
  expect(await first.end(cookie)).toBe("alice");
  expect(await ended).toBe(sha256(cookie));
  expect(second.peek(cookie)).toBeUndefined();
  await expect(second.resolve(cookie)).rejects.toMatchObject({ code: "session_expired" });
});

test("an expired token is renewed once for all requests that find it so", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, minute);
  clock += 2 * minute;
  renewed = await sign(hour);
  const answers = await Promise.all(Array.from({ length: 20 }, () => sessions.resolve(cookie)));
  expect(renewals).toEqual(["alice/local"]);
  expect(new Set(answers.map(({ jwt }) => jwt))).toEqual(new Set([renewed]));
  expect((await (await replica()).resolve(cookie)).jwt).toBe(renewed);
  expect(renewals.length).toBe(1);
});

test("a token is renewed a little before its end, and serves to its end while Identity is away", async () => {
  const sessions = await replica();
  const old = await sign(hour);
  const cookie = await sessions.create(claims, old);
  clock += hour - 31_000 - (clock % 1000);
  expect((await sessions.resolve(cookie)).jwt).toBe(old);
  expect(renewals).toEqual([]);

  clock += 1_000;
  failure = new Error("Identity is away");
  expect((await sessions.resolve(cookie)).jwt).toBe(old);
  clock += 29_000;
  expect((await sessions.resolve(cookie)).jwt).toBe(old);
  clock += 1_000;
  await expect(sessions.resolve(cookie)).rejects.toBe(failure);

  failure = undefined;
  clock -= 10_000;
  renewed = await sign(hour);
  expect((await sessions.resolve(cookie)).jwt).toBe(renewed);
  expect((await (await replica()).resolve(cookie)).jwt).toBe(renewed);
});

test("a token of a short life is renewed in its last tenth", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, minute);
  clock += minute - 7_000 - (clock % 1000);
  renewed = await sign(minute);
  expect((await sessions.resolve(cookie)).jwt).not.toBe(renewed);
  clock += 1_000;
  expect((await sessions.resolve(cookie)).jwt).toBe(renewed);
});

test("a user whom Identity no longer knows has no session", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, minute);
  clock += 2 * minute;
  await expect(sessions.resolve(cookie)).rejects.toMatchObject({ code: "session_expired" });
  expect(await (await kv.bucket("web-sessions")).keys()).toEqual([]);
});

test("a session ends when it has been idle too long, and use keeps it", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, 100 * hour);
  for (let i = 0; i < 2; i += 1) {
    clock += 7 * hour;
    await sessions.resolve(cookie);
  }
  clock += 8 * hour + 1;
  await expect(sessions.resolve(cookie)).rejects.toMatchObject({ code: "session_expired" });
});

test("a session ends at its absolute age however much it is used", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, 100 * hour);
  for (let i = 0; i < 4; i += 1) {
    clock += 6 * hour;
    await sessions.resolve(cookie);
  }
  clock += 1;
  await expect(sessions.resolve(cookie)).rejects.toMatchObject({ code: "session_expired" });
});

test("a revoked session is refused at once, remembered or not", async () => {
  const sessions = await replica();
  const cookie = await open(sessions);
  await sessions.resolve(cookie);
  revokedBefore = clock + 1;
  expect(sessions.peek(cookie)).toBeUndefined();
  await expect(sessions.resolve(cookie)).rejects.toMatchObject({ code: "session_expired" });
});

test("a broken record and made-up cookies are no session and no failure", async () => {
  const sessions = await replica();
  const cookie = await open(sessions);
  await (await kv.bucket("web-sessions")).put(sha256(cookie), "{broken");
  for (const value of [cookie, "", "x", "A".repeat(43), "A".repeat(5000), "../../etc"]) {
    await expect(sessions.resolve(value)).rejects.toMatchObject({ code: "session_expired" });
  }
});

test("an open connection keeps its session from falling idle only while it is used", async () => {
  const sessions = await replica();
  const cookie = await open(sessions, 100 * hour);
  const id = sha256(cookie);
  const createdAt = clock;
  clock += 7 * hour;
  expect(await sessions.check(id, false)).toMatchObject({
    principal: { username: "alice" },
    endsAt: createdAt + 8 * hour + 1,
  });
  expect((await sessions.check(id, true)).endsAt).toBe(createdAt + 15 * hour + 1);
  clock = createdAt + 15 * hour + 1;
  await expect(sessions.check(id, true)).rejects.toMatchObject({ code: "session_expired" });
});
