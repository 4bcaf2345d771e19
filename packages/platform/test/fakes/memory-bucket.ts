import { type KvBucket, KvConflictError, type KvEntry } from "@k8shell/kv";

/** A KvBucket in memory, for tests of services that were given one. Stands for any store; it cannot watch. */
export const memoryBucket = (name: string): KvBucket => {
  const entries = new Map<string, KvEntry>();
  let revision = 0;
  const put = async (key: string, value: string): Promise<number> => {
    entries.set(key, { key, value, revision: ++revision });
    return revision;
  };
  const expect = (key: string, wanted: number | undefined) => {
    if (entries.get(key)?.revision !== wanted) throw new KvConflictError(key);
  };
  return {
    name,
    get: async (key) => entries.get(key),
    put,
    async create(key, value) {
      expect(key, undefined);
      return put(key, value);
    },
    async update(key, value, wanted) {
      expect(key, wanted);
      return put(key, value);
    },
    async delete(key, wanted) {
      if (wanted !== undefined) expect(key, wanted);
      entries.delete(key);
    },
    keys: async (prefix = "") => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort(),
    watch: () => {
      throw new Error("this bucket cannot be watched");
    },
  };
};
