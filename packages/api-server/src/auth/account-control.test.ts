import { sqliteKv } from "@k8shell/kv";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createAccountControl } from "./account-control.ts";
import { createAccountLocks } from "./account-locks.ts";

test("a lock ends with its account, also of one that was deleted elsewhere, and what was issued to it stays refused", async () => {
  const kv = sqliteKv({ file: ":memory:" });
  const bucket = await kv.bucket("locked-users");
  let clock = 1_800_000_000_500;
  const locks = createAccountLocks({ bucket, log: pino({ level: "silent" }), now: () => clock });
  await locks.ready;
  const nothing = () => undefined;
  const accounts = createAccountControl({
    locks,
    pats: { peek: nothing, resolve: () => Promise.reject(new Error("nobody asks")), forget: nothing },
    sessions: {
      create: async () => "",
      peek: nothing,
      resolve: () => Promise.reject(new Error("nobody asks")),
      check: () => Promise.reject(new Error("nobody asks")),
      byId: () => Promise.reject(new Error("nobody asks")),
      end: async () => undefined,
      onEnd: nothing,
      forget: nothing,
      close: nothing,
    },
    live: { closeWhere: () => 0, recheck: async () => undefined },
    revocations: { tell: async () => undefined, onRevocation: nothing, close: nothing },
  });
  const stored = async () => JSON.parse((await bucket.get("ursula"))?.value ?? "null");

  await accounts.setLocked("ursula", true);
  clock += 10_000;
  await accounts.userDeleted("ursula");
  expect(locks.isLocked("ursula")).toBe(false);
  expect(locks.isRevoked("ursula", clock)).toBe(true);
  expect(await stored()).toEqual({
    sessionsInvalidBefore: Math.floor(clock / 1000),
    sessionsInvalidBeforeMs: clock + 1,
  });

  await accounts.setLocked("ursula", true);
  await accounts.userCreated("ursula", false);
  expect(locks.isLocked("ursula")).toBe(false);
  expect(await stored()).not.toHaveProperty("locked");
  expect(locks.isRevoked("ursula", clock)).toBe(true);

  // Nothing is written for a name that never was locked.
  await accounts.userCreated("walter", false);
  expect(await bucket.get("walter")).toBeUndefined();
  await accounts.userCreated("walter", true);
  expect(locks.isLocked("walter")).toBe(true);
  locks.close();
  await kv.close();
});
