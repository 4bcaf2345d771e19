import { K8shellError } from "@k8shell/sdk";
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { k8shell, session } from "./server.ts";

/** Answers of the API that are kept while they are fresh. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // While the server is away what is shown stays, and the banner says so.
        retry: (_, error) => error instanceof K8shellError && error.code === "network_error",
        retryDelay: (failures) => Math.min(5_000, 1_000 * 2 ** failures),
        // Whether the browser has a network says nothing about this server, which may be on the same machine.
        networkMode: "always",
        staleTime: 5_000,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });

export const profileQuery = queryOptions({
  queryKey: ["profile"],
  async queryFn({ signal }) {
    const profile = await k8shell.api.getMyProfile({}, { signal });
    session.entered(profile.username);
    return profile;
  },
  staleTime: 60_000,
});

export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => k8shell.api.getMyCapabilities({}, { signal }),
  staleTime: 60_000,
});

/** What the caller may do to things of `owner`. */
export const capabilitiesForQuery = (owner: string) =>
  queryOptions({
    queryKey: ["capabilities", owner],
    queryFn: ({ signal }) => k8shell.api.getMyCapabilities({ resource_owner: owner }, { signal }),
    staleTime: 60_000,
  });
