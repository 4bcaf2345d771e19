import { KvUnavailableError, sqliteKv } from "@k8shell/kv";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { createAccountLocks } from "./account-locks.ts";

const log = pino({ level: "silent" });

test("a lock is written as the platform's other services read it, and seen by other replicas", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("locked-users");
  let clock = 1_800_000_000_500;
  const [first, second] = [1, 2].map(() => createAccountLocks({ bucket, log, now: () => clock }));
  if (!first || !second) throw new Error("two replicas");
  await Promise.all([first.ready, second.ready]);
  const told = new Promise((resolve) => second.onChange(resolve));

  await first.setLocked("alice", true);
  expect(JSON.parse((await bucket.get("alice"))?.value ?? "")).toMatchObject({
    locked: true,
    sessionsInvalidBefore: 1_800_000_000,
  });
  expect(first.isLocked("alice")).toBe(true);
  expect(() => first.refuseLocked("alice")).toThrow(expect.objectContaining({ code: "account_locked" }));
  expect(await told).toBe("alice");
  await vi.waitUntil(() => second.isLocked("alice"), { timeout: 60_000 });
  expect(second.isLocked("bob")).toBe(false);

  clock += 10_000;
  await first.setLocked("alice", false);
  const unlocked = JSON.parse((await bucket.get("alice"))?.value ?? "");
  expect(unlocked).not.toHaveProperty("locked");
  expect(unlocked.sessionsInvalidBefore).toBe(1_800_000_000);
  expect(first.isRevoked("alice", 1_800_000_000_500)).toBe(true);
  expect(first.isRevoked("alice", 1_800_000_000_501)).toBe(false);
  expect(first.isRevoked("bob", 0)).toBe(false);
  for (const locks of [first, second]) locks.close();
  await kv.close();
});

test("revoking keeps a lock, and a record nobody can read counts as one", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("locked-users");
  await bucket.put("broken", "{");
  await bucket.put("old", '{"sessionsInvalidBefore":1800000000}');
  const locks = createAccountLocks({ bucket, log });
  await locks.ready;
  expect(locks.isLocked("broken")).toBe(true);
  expect(locks.isRevoked("old", 1_799_999_999_000)).toBe(true);
  expect(locks.isRevoked("old", 1_800_000_001_000)).toBe(false);
  await locks.setLocked("alice", true);
  await locks.revoke("alice");
  expect(locks.isLocked("alice")).toBe(true);
  locks.close();
  await kv.close();
});

test("changes that replicas make at once are all kept", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("locked-users");
  const replicas = Array.from({ length: 6 }, () => createAccountLocks({ bucket, log }));
  await Promise.all(replicas.map(({ ready }) => ready));
  await Promise.all(
    replicas.map((locks, i) => (i === 3 ? locks.setLocked("alice", true) : locks.revoke("alice"))),
  );
  await vi.waitUntil(() => replicas.every((locks) => locks.isLocked("alice")), { timeout: 60_000 });
  expect(JSON.parse((await bucket.get("alice"))?.value ?? "")).toMatchObject({ locked: true });
  for (const locks of replicas) locks.close();
  await kv.close();
});

test("nobody is let in before it is known who is locked", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const locks = createAccountLocks({ bucket: await kv.bucket("locked-users"), log });
  expect(() => locks.refuseLocked("alice")).toThrow(KvUnavailableError);
  await locks.ready;
  locks.refuseLocked("alice");
  locks.close();
  await kv.close();
});
