import { startCuttableProxy } from "../../../test/e2e/cuttable-proxy.ts";
import { createWorkspace, discard, newDataDir, startServerProcess } from "../../../test/e2e/harness.ts";
import { createClient } from "../src/index.ts";

/** A real server with a workspace, behind a network that can be cut. */
export const startPlatform = async () => {
  const server = await startServerProcess(await newDataDir());
  const proxy = await startCuttableProxy(server.url);
  const { workspace } = await createWorkspace(server, { username: "admin", blueprint: "dev" });
  return {
    server,
    proxy,
    workspace,
    client: createClient({ server: proxy.url, token: () => server.adminToken() }),
    async close() {
      await proxy.close();
      await discard(server);
    },
  };
};

export type Platform = Awaited<ReturnType<typeof startPlatform>>;
