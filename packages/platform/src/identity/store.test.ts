import { silentLog } from "@k8shell/contract";
import { expect, onTestFinished, test } from "vitest";
import { allocateUid } from "./posix-ids.ts";
import { nextId, openStore } from "./store.ts";

const open = async () => {
  const db = await openStore({ file: ":memory:", log: silentLog }, Date.now);
  onTestFinished(() => db.destroy());
  const addUser = (username: string, uid: number) =>
    db
      .insertInto("users")
      .values({
        username,
        organization: "default",
        fullname: "",
        email: null,
        uid,
        gid: uid,
        shell: "/bin/sh",
        sudo: 0,
        locked: 0,
        source: "local",
        is_valid: 1,
        expires_at: null,
        manage_repos: "",
        git_address: "",
        password_hash: "",
        created_at: 0,
        updated_at: 0,
      })
      .execute();
  return { db, addUser };
};

test("sequences count on their own and never go back", async () => {
  const { db } = await open();
  expect([
    await nextId(db, "a"),
    await nextId(db, "a"),
    await nextId(db, "b", 100),
    await nextId(db, "a"),
  ]).toEqual([1, 2, 100, 3]);
});

test("user ids skip taken ones, then fill gaps, then run out", async () => {
  const { db, addUser } = await open();
  const range = { first: 100, last: 103 };
  await addUser("taken", 101);
  const next = () => allocateUid(db, range);
  expect([await next(), await next(), await next()]).toEqual([100, 102, 103]);
  expect(await next()).toBe(100);
  for (const uid of [100, 102, 103]) await addUser(`u${uid}`, uid);
  await expect(next()).rejects.toMatchObject({ status: "ResourceExhausted" });
});
