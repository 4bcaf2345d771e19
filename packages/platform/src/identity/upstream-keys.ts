import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { LRUCache } from "lru-cache";
import type { ProviderAccounts } from "./provider-accounts.ts";
import type { Providers } from "./providers/providers.ts";

/** Keys are asked for again after this long; an SSH sign-in should not wait for a third party each time. */
const freshMs = 60_000;
/** Known keys bridge an outage of the provider this long. */
const keepMs = 3_600_000;

/**
 * The SSH keys users have published at their identity provider; none for local users.
 * @returns a function that throws RpcError Unavailable when the provider is down and nothing is known
 */
export const createUpstreamKeys = (deps: {
  providers: Providers;
  accounts: ProviderAccounts;
  now: () => number;
}): ((user: User) => Promise<readonly string[]>) => {
  const cache = new LRUCache<string, { keys: readonly string[]; at: number }>({ max: 1000 });
  return async (user) => {
    const provider = deps.providers.external(user.source);
    if (!provider?.publicKeys) return [];
    const known = cache.get(user.username);
    const age = known ? deps.now() - known.at : Number.POSITIVE_INFINITY;
    if (known && age < freshMs) return known.keys;
    const login = await deps.accounts.loginOf(provider.name, user.username);
    if (login === undefined) return [];
    try {
      const keys = await deps.providers.ask(async () => provider.publicKeys?.(login) ?? []);
      cache.set(user.username, { keys, at: deps.now() });
      return keys;
    } catch (error) {
      if (known && age < keepMs) return known.keys;
      throw error;
    }
  };
};
