import { type KvBucket, KvConflictError, type KvStore } from "@k8shell/kv";
import type { Metrics } from "./metrics.ts";

/** A store whose operations are measured. Watches are not: they have no end. */
export const observeKv = (store: KvStore, { kv }: Pick<Metrics, "kv">): KvStore => {
  const measured = async <T>(operation: string, work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    try {
      const value = await work;
      kv(operation, "ok", seconds());
      return value;
    } catch (error) {
      kv(operation, error instanceof KvConflictError ? "conflict" : "failed", seconds());
      throw error;
    }
  };
  const observe = (bucket: KvBucket): KvBucket => ({
    name: bucket.name,
    get: (key) => measured("get", bucket.get(key)),
    put: (key, value) => measured("put", bucket.put(key, value)),
    create: (key, value) => measured("create", bucket.create(key, value)),
    update: (key, value, revision) => measured("update", bucket.update(key, value, revision)),
    delete: (key, revision) => measured("delete", bucket.delete(key, revision)),
    keys: (prefix) => measured("keys", bucket.keys(prefix)),
    watch: (options) => bucket.watch(options),
  });
  return {
    bucket: async (name, options) => observe(await store.bucket(name, options)),
    ping: () => measured("ping", store.ping()),
    close: () => store.close(),
  };
};
