import type { ScopeCatalog } from "@k8shell/sdk";
import type { MessageKey } from "../../i18n/messages.ts";
import { allEntries, parseScope } from "./scope-choice.ts";

/** The rights chosen for a token. */
export interface TokenRights {
  /** Without the workspaces that they are for. */
  readonly scopes: readonly string[];
  /** The names of the only workspaces that they are for; undefined for all. */
  readonly workspaces: readonly string[] | undefined;
}

/** Comes between a scope and the one workspace that it is for. */
const mark = "@";

const limitable = (catalog: ScopeCatalog, scope: string): boolean => {
  const { base } = parseScope(scope);
  return allEntries(catalog).some((entry) => entry.scope === base && entry.perWorkspace === true);
};

/** The scopes that are asked of the server: each that is about workspaces once for each of the chosen ones. */
export const scopesOf = (catalog: ScopeCatalog, { scopes, workspaces }: TokenRights): string[] =>
  scopes.flatMap((scope) =>
    workspaces !== undefined && limitable(catalog, scope)
      ? workspaces.map((name) => `${scope}${mark}${name}`)
      : [scope],
  );

/** Does a scope name a workspace? */
export const namesWorkspace = (scope: string): boolean => scope.includes(mark);

/**
 * The rights of a token as the form shows them. Scopes that are not all for the same workspaces stay as they are,
 * because the form could not give them back.
 */
export const rightsOf = (catalog: ScopeCatalog, scopes: readonly string[]): TokenRights => {
  const plain = scopes.filter((scope) => !namesWorkspace(scope));
  const places = new Map<string, Set<string>>();
  for (const scope of scopes.filter(namesWorkspace)) {
    const at = scope.indexOf(mark);
    const base = scope.slice(0, at);
    places.set(base, (places.get(base) ?? new Set()).add(scope.slice(at + 1)));
  }
  const [first] = places.values();
  const alike = [...places.values()].every(
    (names) => names.size === first?.size && [...names].every((name) => first.has(name)),
  );
  const wide = plain.some((scope) => scope === "*" || limitable(catalog, scope));
  if (first === undefined || !alike || wide) return { scopes, workspaces: undefined };
  return { scopes: [...plain, ...places.keys()], workspaces: [...first] };
};

/** What is wrong with the chosen rights; undefined when nothing is. */
export const rightsProblem = (
  catalog: ScopeCatalog,
  { scopes, workspaces }: TokenRights,
): MessageKey | undefined => {
  if (scopes.length === 0) return "tokens.noScope";
  if (workspaces === undefined) return undefined;
  if (scopes.includes("*")) return "tokens.limit.everything";
  if (workspaces.length === 0) return "tokens.limit.none";
  if (!scopes.some((scope) => limitable(catalog, scope))) return "tokens.limit.idle";
  return undefined;
};
