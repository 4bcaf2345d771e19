import { type Assembled, type Credentials, createWorkspace, startAssembled } from "../assembled.ts";
import { type AppClient, createAppClient } from "./app-client.ts";

/** The platform with a workspace of the administrator's, and clients of its app hosts. */
export interface AppHostFixture extends AppClient {
  readonly assembled: Assembled;
  /** The administrator's token as apps' callers show it. */
  readonly token: Credentials;
  close(): Promise<void>;
}

export const startAppHost = async (): Promise<AppHostFixture> => {
  const assembled = await startAssembled();
  const { workspace } = await createWorkspace(assembled, "admin", assembled.admin);
  const token = { "k8shell-authorization": assembled.admin.authorization ?? "" };
  const client = createAppClient(assembled.server.port, workspace, token);
  return { ...client, assembled, token, close: () => assembled.close() };
};
