import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeKey, encodeKey, type KvStore, KvUnavailableError, sqliteKv } from "../src/index.ts";
import { describeKv } from "./kv-suite.ts";

describeKv("SQLite", async () => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-kv-"));
  const stores: KvStore[] = [];
  const another = async () => {
    const store = sqliteKv({ file: join(dir, "kv.db") });
    stores.push(store);
    return store;
  };
  return {
    store: await another(),
    another,
    async cleanUp() {
      for (const store of stores) await store.close();
      await rm(dir, { recursive: true });
    },
  };
});

describeKv("SQLite in memory", async () => {
  const store = sqliteKv({ file: ":memory:" });
  // A second client of the same memory is the store itself.
  const another = async (): Promise<KvStore> => store;
  return { store, another, cleanUp: () => store.close() };
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "k8shell-kv-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("the file and its journal are for the owner only, in a directory that is made", async () => {
  const file = join(dir, "made", "kv.db");
  const kv = sqliteKv({ file });
  await (await kv.bucket("things")).put("a", "1");
  for (const name of [file, `${file}-wal`]) expect((await stat(name)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, "made"))).mode & 0o777).toBe(0o700);
  await kv.close();
});

test("entries, revisions and deletes outlive the process", async () => {
  const file = join(dir, "kv.db");
  const first = sqliteKv({ file });
  const before = await first.bucket("things", { ttlMs: 3_600_000 });
  await before.put("gone", "1");
  await before.delete("gone");
  const revision = await before.put("a", "1");
  await first.close();
  const second = sqliteKv({ file });
  const after = await second.bucket("things");
  expect(await after.get("a")).toEqual({ key: "a", value: "1", revision });
  expect(await after.keys()).toEqual(["a"]);
  expect(await after.put("a", "2")).toBeGreaterThan(revision);
  await second.close();
});

test("processes that write side by side lose nothing, and a watcher here sees all of it", async () => {
  const file = join(dir, "kv.db");
  const kv = sqliteKv({ file });
  const bucket = await kv.bucket("things");
  const stop = new AbortController();
  const seen = new Set<string>();
  const watching = (async () => {
    for await (const event of bucket.watch({ signal: stop.signal })) {
      if (event.type === "put") seen.add(event.key);
      if (seen.size === 400) break;
    }
  })();
  const child = spawn(process.execPath, [join(import.meta.dirname, "children", "writer.ts"), file, "200"], {
    stdio: "inherit",
  });
  const exited = once(child, "exit");
  for (let i = 0; i < 200; i += 1) {
    await bucket.put(`here.${i}`, "");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [code] = await exited;
  expect(code).toBe(0);
  await watching;
  expect((await bucket.get("child.199"))?.value).toBe(String(child.pid));
  expect(await bucket.keys()).toHaveLength(400);
  expect(await bucket.put("last", "")).toBe(401);
  stop.abort();
  await kv.close();
});

test("a file that is not a database is refused, and left as it is", async () => {
  const file = join(dir, "kv.db");
  await writeFile(file, "this is no database, but somebody's notes".repeat(100));
  expect(() => sqliteKv({ file })).toThrow(KvUnavailableError);
});

test.each(["alice", "a.b", "a..b", "Ünï", "a/b c", "", ".hidden", "=x", "x=", "..", "a\0b"])(
  "%j survives the way through a key",
  async (text) => {
    const kv = sqliteKv({ file: ":memory:" });
    const bucket = await kv.bucket("things");
    const key = encodeKey(text);
    expect(key).not.toContain("/");
    await bucket.put(key, "");
    expect((await bucket.keys()).map(decodeKey)).toEqual([text]);
    await kv.close();
  },
);
