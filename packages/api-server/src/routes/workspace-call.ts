import { Code, RpcError } from "@k8shell/rpc";
import { ApiError } from "../http/api-error.ts";

/** The error for a call to the daemon of a workspace: one that cannot be reached is 502 (rest-contract 1.1, row 21). */
export const workspaceError = (error: unknown): unknown => {
  if (!(error instanceof RpcError)) return error;
  switch (error.code) {
    case Code.Unavailable:
      return new ApiError("bad_gateway", "The workspace cannot be reached now; try again shortly.", {
        cause: error,
      });
    case Code.Internal:
    case Code.Unknown:
      return new ApiError("bad_gateway", "The workspace could not do that.", { cause: error });
    default:
      return error;
  }
};

/** Calls the daemon of a workspace. @throws ApiError bad_gateway when it cannot be reached; else as the call */
export const askWorkspace = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw workspaceError(error);
  }
};
