import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery } from "../../app/queries.ts";

/** What policy allows a new token to be: how long it may live, as policy says it (`never`: without limit). */
export const useTokenLimit = (): string | undefined => {
  const { data } = useQuery(capabilitiesQuery);
  return data?.find(({ action }) => action === "token:create")?.obligations?.expires_in;
};
