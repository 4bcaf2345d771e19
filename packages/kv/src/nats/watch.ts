import type { Log } from "@k8shell/contract";
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { createInbox, nanos } from "@nats-io/transport-node";
import { type KvEntry, type KvEvent, KvUnavailableError } from "../types.ts";
import type { OpenBucket } from "./bucket.ts";
import { createCoalescingQueue } from "./coalescing-queue.ts";
import type { Live, NatsLink } from "./connection.ts";
import { isBucketGone } from "./errors.ts";
import { createExpiryWatch } from "./expiry-watch.ts";

export interface NatsWatchDeps {
  link: NatsLink;
  name: string;
  /** Limits the watch to one key. */
  key: string | undefined;
  signal: AbortSignal;
  log: Log;
  /** Opens or makes the bucket. */
  ensure(live: Live): Promise<OpenBucket>;
  /** The bucket turned out to be gone. */
  forget(): void;
  find(key: string): Promise<KvEntry | undefined>;
  /** Watches of the bucket that run; this one adds and removes itself. */
  watches: Set<{ end(): void }>;
}

/** Between tries to take a broken watch up again, milliseconds. */
const retryMs = 500;
/**
 * How often a consumer that has nothing to say says so, milliseconds. Two that are missing mean that it is gone, e.g.
 * with the server of a cluster that it was on: what is revoked has to be heard of within 5 seconds.
 */
const heartbeatMs = 1_000;
/** A consumer that nobody listens to is removed after this, milliseconds. */
const inactiveMs = 30_000;

/** A stream as it was when the watch saw it first; another one has begun to count anew. */
interface Seen {
  readonly created: string;
  /** The last change told, by its sequence number. */
  revision: number;
}

/**
 * One watcher: a consumer of the bucket's stream that is made again after each loss of the connection and goes on
 * behind the last change it told. It waits as long as NATS is away. When the bucket was made anew meanwhile it ends
 * with KvUnavailableError, because what was deleted cannot be known.
 */
export const createNatsWatch = (deps: NatsWatchDeps): AsyncIterator<KvEvent, undefined> => {
  const { link, key, signal, log, watches } = deps;
  const stopped = Promise.withResolvers<void>();
  let ended = false;
  /** What existed at first has been told. */
  let complete = false;
  /** Keys told until then. */
  const told = new Set<string>();
  /** Changes are seen as they happen. */
  let current = false;
  let seen: Seen | undefined;
  const where = { bucket: deps.name };

  const end = () => queue.end();
  const queue = createCoalescingQueue(() => {
    ended = true;
    signal.removeEventListener("abort", end);
    watches.delete(watch);
    expiry.close();
    stopped.resolve();
  });
  const expiry = createExpiryWatch(deps.find, (expired, revision) =>
    queue.push({ type: "delete", key: expired, revision }),
  );
  const watch = { end };

  const becomeCurrent = () => {
    if (current) return;
    complete = true;
    told.clear();
    current = true;
    queue.push({ type: "current" });
  };
  const interrupt = () => {
    if (!current) return;
    current = false;
    queue.push({ type: "interrupted" });
  };

  const tell = (message: JsMsg, prefix: number, bucket: OpenBucket, from: Seen) => {
    const revision = message.seq;
    // A consumer that was made again may repeat.
    if (revision > from.revision) {
      from.revision = revision;
      const changed = message.subject.slice(prefix);
      const deleted = message.headers?.has("KV-Operation") || message.headers?.has("Nats-Marker-Reason");
      if (deleted) {
        expiry.forget(changed);
        // Of what was deleted before, nobody has heard; unless it happened while the rest was being told.
        if (complete || told.delete(changed)) queue.push({ type: "delete", key: changed, revision });
      } else {
        if (bucket.ttlMs !== undefined) {
          expiry.expect(changed, revision, message.info.timestampNanos / 1e6 + bucket.ttlMs);
        }
        if (!complete) told.add(changed);
        queue.push({ type: "put", key: changed, value: message.string(), revision });
      }
    }
    if (message.info.pending === 0) becomeCurrent();
  };

  /** Follows the stream until the connection is lost, the consumer ends, or nobody reads any more. */
  const follow = async (live: Live): Promise<void> => {
    const bucket = await deps.ensure(live);
    const info = await live.jsm.streams.info(bucket.stream);
    if (seen && (seen.created !== info.created || seen.revision > info.state.last_seq)) {
      queue.end(new KvUnavailableError("the bucket was made anew while it was watched"));
      return;
    }
    const resumed = complete && seen !== undefined;
    if (!resumed) seen = { created: info.created, revision: 0 };
    const from = seen ?? { created: info.created, revision: 0 };
    const prefix = `$KV.${deps.name}.`;
    const deliver = { deliver_subject: createInbox(), idle_heartbeat: nanos(heartbeatMs) };
    const consumer = await live.jsm.consumers.add(bucket.stream, {
      ...deliver,
      name: `k8shell-watch-${crypto.randomUUID()}`,
      filter_subject: `${prefix}${key ?? ">"}`,
      ack_policy: AckPolicy.None,
      flow_control: true,
      inactive_threshold: nanos(inactiveMs),
      mem_storage: true,
      num_replicas: 1,
      ...(resumed
        ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.revision + 1 }
        : { deliver_policy: DeliverPolicy.LastPerSubject }),
    });
    const lost = Promise.withResolvers<void>();
    const offDown = link.onDown(lost.resolve);
    let delivered = 0;
    try {
      const bound = await live.js.consumers.getBoundPushConsumer(deliver);
      const messages = await bound.consume({
        abort_on_missing_resource: true,
        callback(message) {
          delivered += 1;
          if (message.info.deliverySequence === delivered) tell(message, prefix.length, bucket, from);
          else lost.resolve();
        },
      });
      if (consumer.num_pending === 0) becomeCurrent();
      void untilMissed(messages, () => delivered).then(lost.resolve);
      await Promise.race([messages.closed(), lost.promise, stopped.promise]);
      messages.stop();
    } finally {
      interrupt();
      offDown();
      if (!link.closed) live.jsm.consumers.delete(bucket.stream, consumer.name).catch(() => {});
    }
  };

  const keepFollowing = async () => {
    let complained = false;
    while (!ended) {
      try {
        const live = await Promise.race([link.connected(), stopped.promise]);
        if (!live) return;
        await follow(live);
        complained = false;
      } catch (error) {
        if (link.closed) return end();
        if (isBucketGone(error)) deps.forget();
        if (!complained) log.warn({ ...where, err: error }, "a watch broke; taking it up again");
        complained = true;
      }
      if (!ended) await Promise.race([stopped.promise, pause(retryMs)]);
    }
  };

  watches.add(watch);
  signal.addEventListener("abort", end);
  if (signal.aborted || link.closed) end();
  else void keepFollowing();
  return queue.iterator;
};

/** Resolves when the consumer is silent, or has sent something that did not arrive. */
const untilMissed = async (messages: ConsumerMessages, delivered: () => number): Promise<void> => {
  for await (const status of messages.status()) {
    if (status.type === "heartbeats_missed") return;
    if (status.type === "heartbeat" && status.lastConsumerSequence > delivered()) return;
  }
};

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms).unref());
