import type { Capability } from "@k8shell/sdk";
import { useQuery } from "@tanstack/react-query";
import { capabilitiesForQuery, capabilitiesQuery } from "./queries.ts";

/** Whether policy lets the caller do something, and the reason when not. */
export interface May {
  readonly allowed: boolean;
  readonly reason: string;
  /** For `refusal` of buttons: why not, or undefined when it is allowed. */
  readonly refusal: string | undefined;
  /** What it is allowed for, where policy limits it: e.g. `roles` as a JSON list. */
  readonly obligations: Readonly<Record<string, string>>;
}

const answer = (capabilities: readonly Capability[] | undefined, action: string): May => {
  const found = capabilities?.find((capability) => capability.action === action);
  const allowed = found?.allowed ?? true;
  const reason = found?.reason ?? "";
  return { allowed, reason, refusal: allowed ? undefined : reason, obligations: found?.obligations ?? {} };
};

/**
 * Asks what the caller may do in general, e.g. `workspace:create:standalone` (the list is rest-contract 2.9). While
 * the answer is on its way everything is allowed: the server decides in any case.
 * @param owner whose things are meant; the caller's own when left out
 */
export const useMay = (owner?: string): ((action: string) => May) => {
  const { data } = useQuery(owner === undefined ? capabilitiesQuery : capabilitiesForQuery(owner));
  return (action) => answer(data, action);
};

/** What the caller certainly may do; undefined while that is not known. For showing or hiding whole pages. */
export const useAllowed = (): ReadonlySet<string> | undefined => {
  const { data } = useQuery(capabilitiesQuery);
  return data && new Set(data.filter(({ allowed }) => allowed).map(({ action }) => action));
};
