import { Code, RpcError } from "@k8shell/rpc";
import type { Backends } from "../backends/backends.ts";
import { findAnyUser } from "../backends/find-user.ts";

/**
 * A new JWT for a user; undefined when the user is gone or may no longer sign in.
 * @throws RpcError when Identity fails
 */
export type RenewJwt = (username: string, source: string) => Promise<string | undefined>;

/** Builds `RenewJwt`. */
export const createRenewJwt = ({ identity }: Pick<Backends, "identity">): RenewJwt => {
  /** Internal is what Identity says of an account that has expired, and of its own failures (grpc-behaviour section 6). */
  const hasExpired = async (username: string): Promise<boolean> => {
    try {
      return !(await findAnyUser({ identity }, username)).isValid;
    } catch {
      return false;
    }
  };
  return async (username, source) => {
    try {
      return (await identity.issueUserToken({ username, source })).userToken;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.code === Code.NotFound) return undefined;
      if (error.code === Code.Internal && (await hasExpired(username))) return undefined;
      throw error;
    }
  };
};
