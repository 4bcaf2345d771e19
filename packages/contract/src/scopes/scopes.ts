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

/** May `:self` be added to this scope? */
export const takesSelf = (scope: string): boolean => selfable.has(scope);

/** Is this a scope that a token may be given? Unknown scopes must be refused when a token is made or changed. */
export const isScope = (scope: string): boolean =>
  scope.endsWith(selfSuffix) ? selfable.has(scope.slice(0, -selfSuffix.length)) : bare.has(scope);

/** Spellings of older documentation: never given out, still understood on tokens that have them. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["user:read:credentials", "user:read:credentials:*"],
  ["user:read:sessions", "session:list"],
]);

interface Pattern {
  readonly pattern: string;
  readonly self: boolean;
}

const patternOf = (scope: string): Pattern => {
  const self = scope.endsWith(selfSuffix);
  const pattern = self ? scope.slice(0, -selfSuffix.length) : scope;
  return { pattern: aliases.get(pattern) ?? pattern, self };
};

const patternMatches = (pattern: string, action: string): boolean =>
  pattern === "*" ||
  pattern === action ||
  (pattern.endsWith(":*") && action.startsWith(pattern.slice(0, -1)));

/**
 * Does any of a token's scopes allow an action? The policy decision comes before this and both must allow.
 * @param action the action with its qualifier folded in, e.g. `workspace:connect:webshell`
 * @param owned whether the caller owns the resource, which a scope ending in `:self` also asks for
 */
export const scopesAllow = (scopes: readonly string[], action: string, owned: boolean): boolean =>
  scopes.some((scope) => {
    const { pattern, self } = patternOf(scope);
    return (owned || !self) && patternMatches(pattern, action);
  });

/** Does `holder` allow everything that `scope` allows? */
const covers = (holder: string, scope: string): boolean => {
  const held = patternOf(holder);
  const asked = patternOf(scope);
  if (held.self && !asked.self) return false;
  return patternMatches(held.pattern, asked.pattern);
};

/**
 * The scopes of `requested` that `held` does not cover: what a caller limited to `held` must not pass on to a new
 * token. Empty when all are covered.
 */
export const uncoveredScopes = (requested: readonly string[], held: readonly string[]): string[] =>
  requested.filter((scope) => !held.some((holder) => covers(holder, scope)));
