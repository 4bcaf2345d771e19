import { type GatewayHarness, type HarnessOptions, startGateway } from "../gateway-harness.ts";
import { runDaemon } from "../workspace-fixture.ts";
import { type AppClient, createAppClient } from "./app-client.ts";

/** A gateway in this process, before the real daemon of one workspace of alice's. Starts sooner than the whole platform. */
export interface AppGateway extends AppClient {
  readonly gateway: GatewayHarness;
  /** alice's access token, and as apps' callers show it. */
  readonly alice: string;
  readonly token: Readonly<Record<string, string>>;
  /** A client of another server before the same workspace. */
  clientOf(url: string): AppClient;
  close(): Promise<void>;
}

export const workspace = "alice-59936c3";

export const shown = (token: string): Readonly<Record<string, string>> => ({
  "k8shell-authorization": `Bearer ${token}`,
});

export const startAppGateway = async (options: HarnessOptions = {}): Promise<AppGateway> => {
  const daemon = await runDaemon();
  const gateway = await startGateway({ ...options, daemon });
  const alice = await gateway.addUser("alice");
  gateway.addWorkspace(workspace, "alice");
  const token = shown(alice);
  const clientOf = (url: string) => createAppClient(Number(new URL(url).port), workspace, token);
  return {
    ...clientOf(gateway.url),
    gateway,
    alice,
    token,
    clientOf,
    async close() {
      await gateway.close();
      await daemon.close();
    },
  };
};
