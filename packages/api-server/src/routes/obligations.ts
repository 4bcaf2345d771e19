import { ApiError } from "../http/api-error.ts";

type Obligations = Readonly<Record<string, string>>;

/** An obligation that cannot be understood must not be ignored: what it would have forbidden is not known. */
const unreadable = (name: string) =>
  new ApiError("internal", "internal error", { cause: new Error(`obligation ${name} cannot be read`) });

/**
 * An obligation whose value is a JSON array of strings; undefined when it is absent.
 * @throws ApiError internal when it is something else
 */
export const listObligation = (obligations: Obligations, name: string): string[] | undefined => {
  const value = Object.hasOwn(obligations, name) ? obligations[name] : undefined;
  if (value === undefined || value === "") return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw unreadable(name);
  }
  if (!Array.isArray(parsed)) throw unreadable(name);
  return parsed.map((item: unknown) => {
    if (typeof item !== "string") throw unreadable(name);
    return item;
  });
};

const textObligation = (obligations: Obligations, name: string): string | undefined =>
  Object.hasOwn(obligations, name) && obligations[name] !== "" ? obligations[name] : undefined;

/** What a list is restricted to; all that are present hold together (grpc-behaviour section 8). */
export interface ListRestriction {
  readonly username: string | undefined;
  readonly org: string | undefined;
  readonly roles: readonly string[] | undefined;
  readonly blueprints: readonly string[] | undefined;
}

/** The restrictions of a `…:list` decision. @throws ApiError internal */
export const listRestriction = (obligations: Obligations): ListRestriction => ({
  username: textObligation(obligations, "username"),
  org: textObligation(obligations, "org"),
  roles: listObligation(obligations, "roles"),
  blueprints: listObligation(obligations, "blueprints"),
});

/**
 * The obligations to send with a query (grpc-behaviour section 8): those of the decision and nothing else. Empty ones
 * mean nothing.
 */
export const queryObligations = (obligations: Obligations): Record<string, string> =>
  Object.fromEntries(Object.entries(obligations).filter(([, value]) => value !== ""));

/**
 * Does an obligation leave nothing to show? An empty list permits nobody; a service might take it for no restriction.
 * @throws ApiError internal
 */
export const permitsNothing = (obligations: Obligations): boolean =>
  Object.entries(obligations).some(
    ([name, value]) => value.trimStart().startsWith("[") && listObligation(obligations, name)?.length === 0,
  );

/** May the caller see roles that belong to no organization? Without an answer: no. */
export const showsGlobalRoles = (obligations: Obligations): boolean => obligations.global_roles === "true";

/**
 * Refuses roles that the decision does not let the caller give.
 * @throws ApiError forbidden, naming them
 */
export const checkGrantedRoles = (roles: readonly string[], obligations: Obligations): void => {
  const allowed = listObligation(obligations, "roles");
  const refused = allowed ? roles.filter((role) => !allowed.includes(role)) : [];
  if (refused.length > 0) throw new ApiError("forbidden", `You may not give the role ${refused.join(", ")}.`);
};

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `2160h` or `1h30m`; undefined when it is not one. */
export const parseGoDuration = (text: string): number | undefined => {
  if (text === "0") return 0;
  if (!/^\+?(?:\d+(?:\.\d*)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit] ?? 0);
  }
  return total;
};

/**
 * Longest life of a new token, from obligation `expires_in`: milliseconds, or undefined for no limit.
 * @throws ApiError internal
 */
export const tokenLifetime = (obligations: Obligations): number | undefined => {
  const value = textObligation(obligations, "expires_in");
  if (value === undefined || value === "never") return undefined;
  const lifetime = parseGoDuration(value);
  if (lifetime === undefined) throw unreadable("expires_in");
  return lifetime;
};
