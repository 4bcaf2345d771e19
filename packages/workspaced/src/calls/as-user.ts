import { Code, RpcError } from "@k8shell/rpc";

/**
 * A workspace has one user. A request may name that user, or nobody; it may name root only where the daemon is root
 * itself, because there is no right to change users inside a workspace of this kind (grpc-behaviour section 4).
 * @throws RpcError PermissionDenied
 */
export const requireUser = (asUser: string, username: string): void => {
  if (asUser === "" || asUser === username) return;
  if (asUser === "root" && process.getuid?.() === 0) return;
  throw new RpcError(Code.PermissionDenied, `not permitted to run as ${JSON.stringify(asUser.slice(0, 64))}`);
};
