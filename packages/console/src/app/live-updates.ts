import type { Events, K8shellError } from "@k8shell/sdk";
import type { Query, QueryClient } from "@tanstack/react-query";
import { followed } from "./live.ts";

export interface LiveUpdatesDeps {
  readonly queryClient: QueryClient;
  readonly events: Events;
  /** The server said that nobody is signed in. True: somebody is again. */
  refused(): Promise<boolean>;
  /** The event socket was lost. */
  onLost(): void;
}

/**
 * Follows every query that a page shows and that names what to follow (`live` in live.ts), all over one socket. Where
 * something cannot be followed its query is asked for from time to time, as its own options say.
 */
export const startLiveUpdates = ({ queryClient, events, refused, onLost }: LiveUpdatesDeps): void => {
  /** What ends each; kept after a refusal, so that what is shown does not ask again and again. */
  const endings = new Map<string, () => void>();

  const begin = (query: Query) => {
    const path = query.meta?.follow;
    const { queryHash, queryKey } = query;
    if (typeof path !== "string" || endings.has(queryHash) || !query.isActive()) return;
    const uncertain = () => {
      // The page asks by itself until it is followed again.
      if (followed.delete(queryHash)) void query.fetch().catch(() => {});
    };
    const over = async (error: K8shellError) => {
      uncertain();
      if (error.status !== 401 || !(await refused()) || endings.get(queryHash) !== end) return;
      endings.delete(queryHash);
      begin(query);
    };
    const end = events.follow<unknown>(path, {
      onState(state) {
        followed.add(queryHash);
        queryClient.setQueryData(queryKey, state);
      },
      onProblem: uncertain,
      onRecovered() {
        followed.add(queryHash);
        void query.fetch().catch(() => {});
      },
      onError: (error) => void over(error),
    });
    endings.set(queryHash, end);
  };

  const stop = ({ queryHash }: Query) => {
    followed.delete(queryHash);
    endings.get(queryHash)?.();
    endings.delete(queryHash);
  };

  queryClient.getQueryCache().subscribe(({ type, query }) => {
    if (type === "removed" || !query.isActive()) stop(query);
    else if (type === "observerAdded" || type === "observerOptionsUpdated") begin(query);
  });
  events.onStatus((status) => {
    if (status === "waiting") onLost();
  });
};
