import { type CallContext, RpcError } from "@k8shell/rpc";
import { createServiceAccountCheck, type ServiceAccountOptions } from "./service-account-tokens.ts";
import { createTokenList } from "./token-list.ts";

export interface CallerCheckOptions {
  readonly tokenFiles: readonly string[];
  readonly serviceAccounts: ServiceAccountOptions | undefined;
}

/**
 * Who may call a service: whoever has a listed token, or is an allowed service account. Undefined: everybody who can
 * connect.
 * @throws ConfigError
 */
export const createCallerCheck = ({
  tokenFiles,
  serviceAccounts,
}: CallerCheckOptions): ((context: CallContext) => void | Promise<void>) | undefined => {
  const listed = tokenFiles.length === 0 ? undefined : createTokenList(tokenFiles);
  const account = serviceAccounts && createServiceAccountCheck(serviceAccounts);
  if (!listed || !account) return listed ?? account;
  return (context) => {
    try {
      listed(context);
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return account(context);
    }
  };
};
