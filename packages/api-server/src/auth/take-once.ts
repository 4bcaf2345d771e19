import { type KvBucket, KvConflictError } from "@k8shell/kv";

/** What a taken entry holds until it is gone. */
const taken = "";

/**
 * Takes a value out of a bucket: of several takers, on whichever replica, exactly one gets it. (A delete alone does not
 * tell: removing what is gone already succeeds.)
 */
export const takeOnce = async (bucket: KvBucket, key: string): Promise<string | undefined> => {
  const entry = await bucket.get(key);
  if (!entry || entry.value === taken) return undefined;
  try {
    await bucket.update(key, taken, entry.revision);
  } catch (error) {
    if (error instanceof KvConflictError) return undefined;
    throw error;
  }
  await bucket.delete(key);
  return entry.value;
};
