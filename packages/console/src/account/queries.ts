import { queryOptions } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";

export const tokensQuery = queryOptions({
  queryKey: ["account", "tokens"],
  queryFn: ({ signal }) => k8shell.api.listMyTokens({}, { signal }),
});

export const scopeCatalogQuery = queryOptions({
  queryKey: ["scopes"],
  queryFn: ({ signal }) => k8shell.api.getScopeCatalog({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** SSH keys, each with its fingerprint. */
export const keysQuery = queryOptions({
  queryKey: ["account", "keys"],
  async queryFn({ signal }) {
    const [keys, digests] = await Promise.all([
      k8shell.api.listMyKeys({}, { signal }),
      k8shell.api.listMyKeys({ format: "digest" }, { signal }),
    ]);
    const fingerprints = new Map(digests.map(({ index, key }) => [index, key]));
    return keys.map((key) => ({ ...key, fingerprint: fingerprints.get(key.index) ?? "" }));
  },
});

export const credentialsQuery = queryOptions({
  queryKey: ["account", "credentials"],
  queryFn: ({ signal }) => k8shell.api.listMyCredentials({}, { signal }),
});

export const variablesQuery = queryOptions({
  queryKey: ["account", "variables"],
  queryFn: ({ signal }) => k8shell.api.listMyEnvVars({}, { signal }),
});
