import { K8shellError } from "@k8shell/sdk";
import { QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import { k8shell } from "./server.ts";

/** Is nobody signed in (any more)? */
export const isSignedOut = (error: unknown): boolean => error instanceof K8shellError && error.status === 401;

/** Words for a person about what went wrong. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Answers of the API that are kept while they are fresh.
 * @param onSignedOut is called when an answer says that the session is over
 */
export const createQueryClient = (onSignedOut: () => void): QueryClient =>
  new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isSignedOut(error)) onSignedOut();
      },
    }),
    // The client of the API repeats what may be repeated.
    defaultOptions: { queries: { retry: false, staleTime: 5_000 }, mutations: { retry: false } },
  });

export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => k8shell.api.getMyProfile({}, { signal }),
  staleTime: 60_000,
});

export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => k8shell.api.getMyCapabilities({}, { signal }),
  staleTime: 60_000,
});
