import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import type { ProvisionerDeps } from "../deps.ts";

/** What a workspace may do with the API in its owner's name (grpc-behaviour section 2). */
export const workspaceScopes = [
  "session:list:self",
  "user:read:profile:self",
  "user:read:credentials:*:self",
  "user:write:password:self",
  "workspace:delete:self",
];

/** Makes the token of a workspace; one of an earlier run stops working. */
export const mintWorkspaceToken = async (
  identity: Client<typeof IdentityService>,
  username: string,
  workspace: string,
): Promise<string> => {
  const { token } = await identity.createAccessToken({
    username,
    name: workspace,
    scopes: workspaceScopes,
    renew: true,
    active: true,
  });
  return token;
};

/** Deletes the token of a workspace. One that is gone, with its user or without, is fine. */
export const deleteWorkspaceToken = async (
  identity: Client<typeof IdentityService>,
  username: string,
  workspace: string,
): Promise<void> => {
  try {
    const { tokens } = await identity.listAccessTokens({ username });
    for (const { id, name } of tokens) if (name === workspace) await identity.deleteAccessToken({ id });
  } catch (error) {
    if (error instanceof RpcError && error.code === Code.NotFound) return;
    throw error;
  }
};

/** As `deleteWorkspaceToken`; a failure is only logged, because the workspace has ended whether or not its token has. */
export const dropWorkspaceToken = async (
  { identity, log }: Pick<ProvisionerDeps, "identity" | "log">,
  username: string,
  workspace: string,
): Promise<void> => {
  try {
    await deleteWorkspaceToken(identity, username, workspace);
  } catch (error) {
    log.warn({ err: error, workspace }, "cannot delete the workspace's access token");
  }
};
