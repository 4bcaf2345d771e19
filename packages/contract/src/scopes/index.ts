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
  namesWorkspace,
  type ScopeReach,
  scopeReach,
  scopesAllow,
  takesSelf,
  takesWorkspace,
  uncoveredScopes,
  wildcardPrefixes,
  workspaceMark,
} from "./scopes.ts";
