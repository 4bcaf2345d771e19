import { queryOptions } from "@tanstack/react-query";
import { k8shell } from "../app/server.ts";

/** The providers that a browser can sign in with. */
export const providersQuery = queryOptions({
  queryKey: ["providers"],
  async queryFn({ signal }) {
    const all = await k8shell.api.listProviders({}, { signal });
    return all.filter(({ capabilities }) => capabilities.includes("OnboardUserWebFlow"));
  },
  staleTime: 60_000,
});
