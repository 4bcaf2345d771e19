import type { ScopeCatalog, ScopeEntry } from "@k8shell/sdk";

export type ScopeDomain = ScopeCatalog["domains"][number];

/** A scope without `:self`, and whether it had that. */
export const parseScope = (scope: string): { readonly base: string; readonly own: boolean } =>
  scope.endsWith(":self") ? { base: scope.slice(0, -5), own: true } : { base: scope, own: false };

/** Does `scope` include `other`, both without `:self`? */
const includes = (scope: string, other: string): boolean =>
  scope === "*" || (scope.endsWith(":*") && other !== scope && other.startsWith(scope.slice(0, -1)));

/** The wider scope among the chosen ones that makes `base` needless. */
export const coveredBy = (chosen: readonly string[], base: string): string | undefined =>
  chosen.find((scope) => includes(parseScope(scope).base, base));

/** The chosen form of a scope: as it is, or with `:self`; undefined when it is not chosen. */
export const chosenForm = (chosen: readonly string[], base: string): string | undefined =>
  chosen.find((scope) => parseScope(scope).base === base);

/** Adds a scope in one of its forms, or takes it away. What a wider one then includes goes. */
export const withScope = (
  chosen: readonly string[],
  base: string,
  form: "own" | "all" | undefined,
): readonly string[] => {
  const rest = chosen.filter((scope) => parseScope(scope).base !== base);
  if (form === undefined) return rest;
  return [
    ...rest.filter((scope) => !includes(base, parseScope(scope).base)),
    form === "own" ? `${base}:self` : base,
  ];
};

export const takesOwn = ({ constraints }: ScopeEntry): boolean => constraints?.includes("self") ?? false;

/** Every scope of the catalogue, the widest first. */
export const allEntries = (catalog: ScopeCatalog): readonly ScopeEntry[] => [
  catalog.global,
  ...catalog.domains.flatMap(({ wildcard, actions }) => [
    ...(wildcard ? [wildcard] : []),
    ...actions.flatMap(({ entries }) => entries),
  ]),
];
