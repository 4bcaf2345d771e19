import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery } from "./queries.ts";

/** Whether policy lets the caller do something, and the reason when not. */
export interface May {
  readonly allowed: boolean;
  readonly reason: string;
}

/**
 * Asks what the caller may do in general, e.g. `workspace:create:standalone` (the list is rest-contract 2.9). While
 * the answer is on its way everything is allowed: the server decides in any case.
 */
export const useMay = (): ((action: string) => May) => {
  const { data } = useQuery(capabilitiesQuery);
  return (action) => {
    const found = data?.find((capability) => capability.action === action);
    return { allowed: found?.allowed ?? true, reason: found?.reason ?? "" };
  };
};
