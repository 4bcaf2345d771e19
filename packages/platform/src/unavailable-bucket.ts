import { type KvBucket, KvUnavailableError } from "@k8shell/kv";
import { Code, RpcError } from "@k8shell/rpc";

const asRpcError = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KvUnavailableError)) throw error;
    throw new RpcError(Code.Unavailable, "the key-value store is not available; try again shortly", {
      cause: error,
    });
  }
};

/** The bucket, as a service uses it: a store that is away is the status UNAVAILABLE to the service's caller. */
export const reportUnavailable = (bucket: KvBucket): KvBucket => ({
  name: bucket.name,
  get: (key) => asRpcError(bucket.get(key)),
  put: (key, value) => asRpcError(bucket.put(key, value)),
  create: (key, value) => asRpcError(bucket.create(key, value)),
  update: (key, value, revision) => asRpcError(bucket.update(key, value, revision)),
  delete: (key, revision) => asRpcError(bucket.delete(key, revision)),
  keys: (prefix) => asRpcError(bucket.keys(prefix)),
  watch: (options) => bucket.watch(options),
});
