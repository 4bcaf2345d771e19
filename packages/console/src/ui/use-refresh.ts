import { type QueryKey, useQueryClient } from "@tanstack/react-query";

/** Fetches again what is kept below a key; the result resolves when it is there. */
export const useRefresh = (queryKey: QueryKey): (() => Promise<void>) => {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey });
};
