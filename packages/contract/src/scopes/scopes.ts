/** Scopes that name one action (rest-contract 4.4, grpc-behaviour section 2). */
export const exactScopes = [
  "workspace:list",
  "workspace:create",
  "workspace:read",
  "workspace:delete",
  "workspace:files",
  "workspace:connect:webshell",
  "workspace:connect:webfiles",
  "workspace:connect:portforward",
  "workspace:app:read",
  "workspace:app:install",
  "workspace:app:start",
  "workspace:app:stop",
  "session:list",
  "user:list",
  "user:read:profile",
  "user:read:blueprints",
  "user:read:roles",
  "user:read:keys",
  "user:read:repos",
  "user:read:envvars",
  "user:read:credentials:kubernetes",
  "user:read:credentials:git",
  "user:read:credentials:registry",
  "user:write:profile",
  "user:write:roles",
  "user:write:keys",
  "user:write:sudo",
  "user:write:locked",
  "user:write:org",
  "user:write:posix",
  "user:write:password",
  "user:write:envvars",
  "user:write:credentials:kubernetes",
  "user:write:credentials:git",
  "user:write:credentials:registry",
  "token:read",
  "token:create",
  "token:write",
  "token:delete",
  "role:list",
  "role:create",
  "role:delete",
  "role:update",
  "org:list",
  "org:create",
  "org:delete",
  "org:update",
  "org:envvar:read",
  "org:envvar:write",
  "blueprints:read",
  "audit:list",
] as const;

/** One action's scope, without wildcard or `:self`. */
export type ExactScope = (typeof exactScopes)[number];

/** Prefixes that `:*` may follow. */
export const wildcardPrefixes = [
  "workspace",
  "workspace:connect",
  "workspace:app",
  "session",
  "user",
  "user:read",
  "user:read:credentials",
  "user:write",
  "user:write:credentials",
  "token",
  "role",
  "org",
  "org:envvar",
] as const;

/** Everything `:self` may follow: what makes sense on a caller's own things only. */
const selfable: ReadonlySet<string> = new Set([
  ...exactScopes.filter((scope) => /^(workspace|session|token|user:read):/.test(scope)),
  "user:write:profile",
  "user:write:roles",
  "user:write:keys",
  "user:write:password",
  "user:write:envvars",
  "user:write:credentials:kubernetes",
  "user:write:credentials:git",
  "user:write:credentials:registry",
  "workspace:*",
  "workspace:connect:*",
  "workspace:app:*",
  "user:read:*",
  "user:read:credentials:*",
  "token:*",
]);

const bare: ReadonlySet<string> = new Set([
  "*",
  ...exactScopes,
  ...wildcardPrefixes.map((prefix) => `${prefix}:*`),
]);

const selfSuffix = ":self";
/** What comes between a scope and the one workspace that it is for. */
export const workspaceMark = "@";
const workspaceShape = /^[^\s/\\*\p{Cc}]{1,253}$/u;

/** May `@<workspace>` be added to this scope, after a `:self`? Those that are about a workspace take it. */
export const takesWorkspace = (scope: string): boolean =>
  scope.startsWith("workspace:") || scope === "session:list";

/** A scope and the workspace that it is limited to. */
const splitWorkspace = (scope: string): readonly [scope: string, workspace: string | undefined] => {
  const at = scope.indexOf(workspaceMark);
  return at < 0 ? [scope, undefined] : [scope.slice(0, at), scope.slice(at + 1)];
};

const withoutSelf = (scope: string): string =>
  scope.endsWith(selfSuffix) ? scope.slice(0, -selfSuffix.length) : scope;

/** May `:self` be added to this scope? */
export const takesSelf = (scope: string): boolean => selfable.has(scope);

/** Is this a scope that a token may be given? Unknown scopes must be refused when a token is made or changed. */
export const isScope = (text: string): boolean => {
  const [scope, workspace] = splitWorkspace(text);
  if (workspace !== undefined && !(takesWorkspace(withoutSelf(scope)) && workspaceShape.test(workspace))) {
    return false;
  }
  return scope.endsWith(selfSuffix) ? selfable.has(withoutSelf(scope)) : bare.has(scope);
};

/** Is this scope limited to one workspace? Not every Identity service knows such scopes. */
export const namesWorkspace = (scope: string): boolean => splitWorkspace(scope)[1] !== undefined;

/** Spellings of older documentation: never given out, still understood on tokens that have them. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["user:read:credentials", "user:read:credentials:*"],
  ["user:read:sessions", "session:list"],
]);

interface Pattern {
  readonly pattern: string;
  readonly self: boolean;
  readonly workspace: string | undefined;
}

const patternOf = (text: string): Pattern => {
  const [scope, workspace] = splitWorkspace(text);
  const pattern = withoutSelf(scope);
  return { pattern: aliases.get(pattern) ?? pattern, self: scope.endsWith(selfSuffix), workspace };
};

const patternMatches = (pattern: string, action: string): boolean =>
  pattern === "*" ||
  pattern === action ||
  (pattern.endsWith(":*") && action.startsWith(pattern.slice(0, -1)));

/** Where a token's scopes allow an action: everywhere, in the workspaces of these names, or (undefined) nowhere. */
export type ScopeReach = "everywhere" | ReadonlySet<string> | undefined;

/**
 * Where do a token's scopes allow an action? The policy decision comes before this and both must allow.
 * @param action the action with its qualifier folded in, e.g. `workspace:connect:webshell`
 * @param owned whether the caller owns the resource, which a scope ending in `:self` also asks for
 */
export const scopeReach = (scopes: readonly string[], action: string, owned: boolean): ScopeReach => {
  let workspaces: Set<string> | undefined;
  for (const scope of scopes) {
    const { pattern, self, workspace } = patternOf(scope);
    if ((self && !owned) || !patternMatches(pattern, action)) continue;
    if (workspace === undefined) return "everywhere";
    workspaces ??= new Set();
    workspaces.add(workspace);
  }
  return workspaces;
};

/**
 * Does any of a token's scopes allow an action? As `scopeReach`, for one place.
 * @param workspace name of the workspace that it is about; undefined: of none in particular
 */
export const scopesAllow = (
  scopes: readonly string[],
  action: string,
  owned: boolean,
  workspace?: string,
): boolean => {
  const reach = scopeReach(scopes, action, owned);
  return reach === "everywhere" || (workspace !== undefined && reach?.has(workspace) === true);
};

/** Does `holder` allow everything that `scope` allows? */
const covers = (holder: string, scope: string): boolean => {
  const held = patternOf(holder);
  const asked = patternOf(scope);
  if (held.self && !asked.self) return false;
  if (held.workspace !== undefined && held.workspace !== asked.workspace) return false;
  return patternMatches(held.pattern, asked.pattern);
};

/**
 * The scopes of `requested` that `held` does not cover: what a caller limited to `held` must not pass on to a new
 * token. Empty when all are covered.
 */
export const uncoveredScopes = (requested: readonly string[], held: readonly string[]): string[] =>
  requested.filter((scope) => !held.some((holder) => covers(holder, scope)));
