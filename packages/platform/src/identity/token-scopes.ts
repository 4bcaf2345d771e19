import { isScope } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";

const maxScopes = 128;

/** Checks the scopes of a personal access token: at least one, each of the catalogue, without repeats. */
export const parseScopes = (scopes: readonly string[]): string[] => {
  if (scopes.length === 0) throw new RpcError(Code.InvalidArgument, "at least one scope is required");
  if (scopes.length > maxScopes) throw new RpcError(Code.InvalidArgument, "too many scopes");
  const unknown = scopes.find((scope) => !isScope(scope));
  if (unknown !== undefined)
    throw new RpcError(Code.InvalidArgument, `unknown scope ${JSON.stringify(unknown.slice(0, 64))}`);
  return [...new Set(scopes)];
};
