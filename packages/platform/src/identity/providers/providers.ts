import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { type ExternalProvider, type IdentityProvider, ProviderError } from "./provider.ts";

/** The identity providers of this installation. */
export interface Providers {
  readonly rpcs: Pick<ServiceImpl<typeof IdentityService>, "getAvailableIdentityProviders">;
  readonly all: readonly IdentityProvider[];
  /** @throws RpcError NotFound */
  require(name: string): IdentityProvider;
  /** The external provider of a user's source, if it is one. */
  external(name: string): ExternalProvider | undefined;
  /** Asks a provider something. @throws RpcError PermissionDenied or Unavailable instead of ProviderError */
  ask<T>(question: () => Promise<T>): Promise<T>;
}

export const createProviders = (all: readonly IdentityProvider[]): Providers => {
  const byName = new Map(all.map((provider) => [provider.name as string, provider]));
  if (byName.size !== all.length) throw new Error("two identity providers have the same name");
  return {
    all,
    require(name) {
      const provider = byName.get(name);
      if (!provider) throw new RpcError(Code.NotFound, "identity provider not found");
      return provider;
    },
    external(name) {
      const provider = byName.get(name);
      return provider?.kind === "external" ? provider : undefined;
    },
    async ask(question) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        const code = error.reason === "refused" ? Code.PermissionDenied : Code.Unavailable;
        throw new RpcError(code, error.message, { cause: error });
      }
    },
    rpcs: {
      getAvailableIdentityProviders: () => ({
        providers: all.map(({ name, capabilities }) => ({ name, capabilities: [...capabilities] })),
      }),
    },
  };
};
