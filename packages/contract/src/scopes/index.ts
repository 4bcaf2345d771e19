export {
  type ScopeAction,
  type ScopeCatalog,
  type ScopeDomain,
  type ScopeEntry,
  scopeCatalog,
} from "./catalog.ts";
export {
  type ExactScope,
  exactScopes,
  isScope,
  scopesAllow,
  takesSelf,
  uncoveredScopes,
  wildcardPrefixes,
} from "./scopes.ts";
