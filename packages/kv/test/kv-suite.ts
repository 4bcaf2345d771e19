import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type KvBucket,
  KvConflictError,
  type KvEvent,
  type KvStore,
  KvUnavailableError,
} from "../src/index.ts";

/** How the suite reaches an implementation. */
export interface KvUnderTest {
  /** A store of its own for one test. */
  store: KvStore;
  /** Another client of the same data, as another process has one. */
  another(): Promise<KvStore>;
  /** Closes the stores and removes what they kept. */
  cleanUp(): Promise<void>;
}

/** The behaviour that every KvStore has. */
export const describeKv = (name: string, open: () => Promise<KvUnderTest>): void => {
  describe(name, () => {
    let under: KvUnderTest;
    let kv: KvStore;
    let bucket: KvBucket;
    let stop: AbortController;

    beforeEach(async () => {
      under = await open();
      kv = under.store;
      bucket = await kv.bucket("things");
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await under.cleanUp();
    });
    const watch = (of: KvBucket, key?: string) => watcher(of, stop.signal, key);

    describe("entries", () => {
      test("are found by key with the revision they were written at", async () => {
        expect(await bucket.get("a")).toBeUndefined();
        const revision = await bucket.put("a", '{"ä":1}');
        expect(await bucket.get("a")).toEqual({ key: "a", value: '{"ä":1}', revision });
      });

      test("get a higher revision with every write to the bucket", async () => {
        const revisions = [
          await bucket.put("a", "1"),
          await bucket.put("b", "1"),
          await bucket.put("a", "2"),
          await bucket.create("c", "1"),
        ];
        expect(revisions).toEqual([...revisions].sort((x, y) => x - y));
        expect(new Set(revisions).size).toBe(4);
      });

      test("may be empty, and long", async () => {
        await bucket.put("empty", "");
        expect((await bucket.get("empty"))?.value).toBe("");
        await bucket.put("long", "x".repeat(500_000));
        expect((await bucket.get("long"))?.value).toHaveLength(500_000);
      });

      test("belong to their bucket", async () => {
        const other = await kv.bucket("others");
        await bucket.put("a", "1");
        expect(await other.get("a")).toBeUndefined();
        expect(await other.keys()).toEqual([]);
      });

      test("are seen by every client of the store", async () => {
        const elsewhere = await (await under.another()).bucket("things");
        await bucket.put("a", "1");
        expect((await elsewhere.get("a"))?.value).toBe("1");
      });
    });

    describe("create", () => {
      test("writes an absent key and refuses a present one", async () => {
        await bucket.create("a", "1");
        await expect(bucket.create("a", "2")).rejects.toThrow(KvConflictError);
        expect((await bucket.get("a"))?.value).toBe("1");
      });

      test("writes a deleted key again, at a higher revision", async () => {
        const first = await bucket.create("a", "1");
        await bucket.delete("a");
        expect(await bucket.create("a", "2")).toBeGreaterThan(first);
      });

      test("has one winner among many writers", async () => {
        const elsewhere = await (await under.another()).bucket("things");
        const tries = Array.from({ length: 20 }, (_, i) =>
          (i % 2 ? bucket : elsewhere).create("lock", String(i)),
        );
        const won = (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled");
        expect(won).toHaveLength(1);
      });
    });

    describe("update", () => {
      test("writes at the expected revision only", async () => {
        const first = await bucket.put("a", "1");
        const second = await bucket.update("a", "2", first);
        await expect(bucket.update("a", "3", first)).rejects.toThrow(KvConflictError);
        expect(await bucket.get("a")).toEqual({ key: "a", value: "2", revision: second });
      });

      test("refuses a key that is absent or was deleted", async () => {
        await expect(bucket.update("a", "1", 1)).rejects.toThrow(KvConflictError);
        const revision = await bucket.put("a", "1");
        await bucket.delete("a");
        await expect(bucket.update("a", "2", revision)).rejects.toThrow(KvConflictError);
      });

      test("loses no increment among clients that retry", async () => {
        const elsewhere = await (await under.another()).bucket("things");
        await bucket.put("n", "0");
        const increment = async (of: KvBucket) => {
          for (;;) {
            const entry = await of.get("n");
            try {
              await of.update("n", String(Number(entry?.value) + 1), entry?.revision ?? 0);
              return;
            } catch (error) {
              if (!(error instanceof KvConflictError)) throw error;
            }
          }
        };
        await Promise.all(Array.from({ length: 20 }, (_, i) => increment(i % 2 ? bucket : elsewhere)));
        expect((await bucket.get("n"))?.value).toBe("20");
      });
    });

    describe("delete", () => {
      test("removes a key, and is content with an absent one", async () => {
        await bucket.put("a", "1");
        await bucket.delete("a");
        await bucket.delete("a");
        await bucket.delete("never");
        expect(await bucket.get("a")).toBeUndefined();
        expect(await bucket.keys()).toEqual([]);
      });

      test("with a revision removes only that one", async () => {
        const first = await bucket.put("a", "1");
        const second = await bucket.put("a", "2");
        await expect(bucket.delete("a", first)).rejects.toThrow(KvConflictError);
        await bucket.delete("a", second);
        expect(await bucket.get("a")).toBeUndefined();
      });
    });

    describe("keys", () => {
      test("are listed in order, all or those with a prefix", async () => {
        for (const key of ["b", "a.2", "a.1", "a/x", "ab", "A"]) await bucket.put(key, "");
        await bucket.delete("ab");
        expect(await bucket.keys()).toEqual(["A", "a.1", "a.2", "a/x", "b"]);
        expect(await bucket.keys("a.")).toEqual(["a.1", "a.2"]);
        expect(await bucket.keys("nothing")).toEqual([]);
      });

      test.each(["", " ", "a b", "ä", "a*", ">", "a\n", ".a", "a.", "a..b", "a\0"])(
        "%j is refused",
        async (key) => {
          await expect(bucket.get(key)).rejects.toThrow(TypeError);
          await expect(bucket.put(key, "")).rejects.toThrow(TypeError);
          await expect(bucket.create(key, "")).rejects.toThrow(TypeError);
          await expect(bucket.update(key, "", 1)).rejects.toThrow(TypeError);
          await expect(bucket.delete(key)).rejects.toThrow(TypeError);
        },
      );

      test.each(["a", "A-b_c.d=e/f", "=YWxpY2U", "0"])("%j is accepted", async (key) => {
        await bucket.put(key, "x");
        expect((await bucket.get(key))?.value).toBe("x");
      });

      test.each(["", "a.b", "a b", "../x"])("a bucket is not named %j", async (wrong) => {
        await expect(kv.bucket(wrong)).rejects.toThrow(TypeError);
      });
    });

    describe("a watcher", () => {
      test("sees what exists, then `current`, then every change in order", async () => {
        const a = await bucket.put("a", "1");
        await bucket.put("gone", "1");
        await bucket.delete("gone");
        const events = watch(bucket);
        expect(await events.live()).toEqual([{ type: "put", key: "a", value: "1", revision: a }]);
        const b = await bucket.put("b", "1");
        const b2 = await bucket.put("b", "2");
        await bucket.delete("a");
        expect(await events.take(3)).toEqual([
          { type: "put", key: "b", value: "1", revision: b },
          { type: "put", key: "b", value: "2", revision: b2 },
          { type: "delete", key: "a", revision: expect.any(Number) },
        ]);
      });

      test("of an empty bucket gets `current` at once", async () => {
        expect(await watch(bucket).take(1)).toEqual([{ type: "current" }]);
      });

      test("of one key sees nothing else", async () => {
        await bucket.put("b", "0");
        const events = watch(bucket, "a");
        expect(await events.live()).toEqual([]);
        await bucket.put("b", "1");
        await bucket.put("ab", "1");
        await bucket.put("a", "1");
        expect(await events.take(1)).toMatchObject([{ type: "put", key: "a", value: "1" }]);
      });

      test("sees the changes of other clients", async () => {
        const elsewhere = await (await under.another()).bucket("things");
        await elsewhere.put("old", "1");
        const events = watch(bucket);
        expect(await events.live()).toMatchObject([{ key: "old" }]);
        await elsewhere.put("a", "1");
        expect(await events.take(1)).toMatchObject([{ type: "put", key: "a", value: "1" }]);
        await elsewhere.delete("a");
        expect(await events.take(1)).toMatchObject([{ type: "delete", key: "a" }]);
      });

      test("misses no key that two clients write at the same time", async () => {
        const elsewhere = await (await under.another()).bucket("things");
        const events = watch(bucket);
        await events.live();
        await Promise.all(
          Array.from({ length: 50 }, (_, i) => (i % 2 ? bucket : elsewhere).put(`k${i}`, String(i))),
        );
        const seen = await events.take(50);
        expect(new Set(seen.map((e) => (e.type === "put" ? e.key : "")))).toHaveLength(50);
        const revisions = seen.map((e) => (e.type === "put" ? e.revision : 0));
        expect(revisions).toEqual([...revisions].sort((x, y) => x - y));
      });

      test("that reads slowly ends up with the last value of every key", async () => {
        const events = watch(bucket);
        await events.live();
        for (let round = 0; round < 30; round += 1) {
          for (let i = 0; i < 100; i += 1) await bucket.put(`k${i}`, String(round));
        }
        const latest = new Map<string, string>();
        await bucket.put("last", "");
        for (;;) {
          const [event] = await events.take(1);
          if (event?.type !== "put" || event.key === "last") break;
          latest.set(event.key, event.value);
        }
        expect(latest).toEqual(new Map(Array.from({ length: 100 }, (_, i) => [`k${i}`, "29"])));
      });

      test("ends when its signal aborts, also while it waits", async () => {
        const controller = new AbortController();
        const iterator = bucket.watch({ signal: controller.signal })[Symbol.asyncIterator]();
        await iterator.next();
        const waiting = iterator.next();
        controller.abort();
        expect((await waiting).done).toBe(true);
        expect((await iterator.next()).done).toBe(true);
        for await (const _ of bucket.watch({ signal: controller.signal }))
          throw new Error("an event after the abort");
      });

      test("that left does not disturb the others", async () => {
        const events = watch(bucket);
        await events.live();
        for await (const _ of bucket.watch({ signal: stop.signal })) break;
        await bucket.put("a", "1");
        expect(await events.take(1)).toMatchObject([{ key: "a" }]);
      });
    });

    describe("a bucket with a TTL", () => {
      let short: KvBucket;
      beforeEach(async () => {
        short = await kv.bucket("short", { ttlMs: 1_000 });
      });

      test("forgets entries after it, counted from their last write", async () => {
        await short.put("a", "1");
        expect((await short.get("a"))?.value).toBe("1");
        await expect.poll(() => short.get("a")).toBeUndefined();
        expect(await short.keys()).toEqual([]);
        await short.create("a", "2");
        expect((await short.get("a"))?.value).toBe("2");
      });

      test("refuses an update of an entry that has expired", async () => {
        const revision = await short.put("a", "1");
        await expect.poll(() => short.get("a")).toBeUndefined();
        await expect(short.update("a", "2", revision)).rejects.toThrow(KvConflictError);
      });

      test("tells watchers of expiry as a delete", async () => {
        const revision = await short.put("a", "1");
        const events = watch(short);
        await events.live();
        const [event] = await events.take(1);
        expect(event).toMatchObject({ type: "delete", key: "a" });
        expect(event?.type === "delete" && event.revision).toBeGreaterThanOrEqual(revision);
      });

      test("keeps its TTL when it is opened again", async () => {
        const again = await (await under.another()).bucket("short", { ttlMs: 3_600_000 });
        await again.put("a", "1");
        await expect.poll(() => again.get("a")).toBeUndefined();
      });

      test("leaves other buckets alone", async () => {
        await bucket.put("a", "1");
        await short.put("a", "1");
        await expect.poll(() => short.get("a")).toBeUndefined();
        expect((await bucket.get("a"))?.value).toBe("1");
      });
    });

    test("answers a ping until it is closed, then throws KvUnavailableError", async () => {
      await kv.ping();
      const iterator = bucket.watch({ signal: stop.signal })[Symbol.asyncIterator]();
      await iterator.next();
      const waiting = iterator.next();
      await kv.close();
      expect((await waiting).done).toBe(true);
      await expect(kv.ping()).rejects.toThrow(KvUnavailableError);
      await expect(bucket.get("a")).rejects.toThrow(KvUnavailableError);
      await expect(bucket.put("a", "")).rejects.toThrow(KvUnavailableError);
    });
  });
};

/** A watch whose events a test takes as it needs them. */
const watcher = (bucket: KvBucket, signal: AbortSignal, key: string | undefined) => {
  const iterator = bucket.watch({ signal, ...(key === undefined ? {} : { key }) })[Symbol.asyncIterator]();
  const take = async (count: number): Promise<KvEvent[]> => {
    const events: KvEvent[] = [];
    while (events.length < count) {
      const { value, done } = await iterator.next();
      if (done) break;
      events.push(value);
    }
    return events;
  };
  return {
    take,
    /** What comes before `current`. */
    async live() {
      const events: KvEvent[] = [];
      for (;;) {
        const [event] = await take(1);
        if (!event || event.type === "current") return events;
        events.push(event);
      }
    },
  };
};
