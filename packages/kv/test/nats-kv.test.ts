import { silentLog } from "@k8shell/contract";
import { type KvStore, natsKv } from "../src/index.ts";
import { describeKv } from "./kv-suite.ts";
import { startNats } from "./nats-server.ts";

describeKv("NATS", async () => {
  const server = await startNats();
  const stores: KvStore[] = [];
  const another = async () => {
    const store = await natsKv({ url: server.url, log: silentLog });
    stores.push(store);
    return store;
  };
  return {
    store: await another(),
    another,
    async cleanUp() {
      for (const store of stores) await store.close();
      await server.remove();
    },
  };
});
