import type { NatsKvOptions } from "./nats/options.ts";
import type { KvStore } from "./types.ts";

/**
 * A store in NATS JetStream. Its client is loaded when it is first asked for: most servers need none.
 * @throws NatsSettingsError for settings that can never work
 */
export const natsKv = async (options: NatsKvOptions): Promise<KvStore> => {
  const { natsKv: open } = await import("./nats/nats-kv.ts");
  return open(options);
};
