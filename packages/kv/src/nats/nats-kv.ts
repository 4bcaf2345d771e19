import { checkBucketName } from "../key.ts";
import type { KvStore } from "../types.ts";
import { KvUnavailableError } from "../types.ts";
import { createNatsBucket, type NatsBucket } from "./bucket.ts";
import { linkNats } from "./connection.ts";
import { isBucketGone, toKvError } from "./errors.ts";
import type { NatsKvOptions } from "./options.ts";

/**
 * The store of several machines: buckets in NATS JetStream, made as every NATS client makes and finds them. Resolves
 * when NATS answers, or after `startWaitMs` without it: then, and whenever the connection is lost, operations throw
 * KvUnavailableError at once or after `timeoutMs`, watches wait, and everything goes on when it is back.
 *
 * A bucket has one TTL, no key has its own: NATS before 2.11 takes such a TTL and ignores it.
 * @throws NatsSettingsError for an address that is none and for refused credentials
 */
export const natsKv = async (options: NatsKvOptions): Promise<KvStore> => {
  const { log, replicas } = options;
  const link = await linkNats(options);
  const buckets = new Map<string, NatsBucket>();

  let complained = false;
  const onSingleReplica = (wanted: number) => {
    if (complained) return;
    complained = true;
    log.warn(
      { replicas: wanted },
      "NATS has too few servers for this many replicas: new buckets get one, and are lost with that server's disk (nats.replicas: 1 says that this is meant)",
    );
  };

  const openAll = async () => {
    for (const bucket of buckets.values()) {
      if (bucket.isOpen) continue;
      await bucket
        .open()
        .catch((err: unknown) => log.error({ err, bucket: bucket.name }, "cannot open a bucket of NATS"));
    }
  };
  // What could not be opened while NATS was away is made as soon as it is back: others wait for it.
  const offUp = link.onUp(() => void openAll());

  return {
    async bucket(name, settings = {}) {
      checkBucketName(name);
      const known = buckets.get(name);
      if (known) return known;
      const bucket = createNatsBucket({ link, name, options: settings, replicas, onSingleReplica, log });
      buckets.set(name, bucket);
      try {
        await bucket.open();
      } catch (error) {
        if (link.closed || !(error instanceof KvUnavailableError)) throw error;
        log.error(
          { err: error, bucket: name },
          "cannot open a bucket of NATS; it is tried again with each use",
        );
      }
      return bucket;
    },
    async ping() {
      // What is asked of the server is what every bucket needs: an account may be denied everything else.
      const [first] = buckets.keys();
      try {
        await link.run("ping", async ({ jsm }) => {
          if (first === undefined) await jsm.getAccountInfo();
          else await jsm.streams.info(`KV_${first}`);
        });
      } catch (error) {
        if (!isBucketGone(error)) throw toKvError(error);
      }
      for (const bucket of buckets.values()) if (!bucket.isOpen) await bucket.open();
    },
    async close() {
      offUp();
      for (const bucket of buckets.values()) bucket.close();
      await link.close();
    },
  };
};
