/**
 * The unary rpcs that may be made twice: they only read, or the second time changes nothing and is answered as the
 * first. Everything else is made once: deleting again answers NotFound, adding again AlreadyExists, and a wrong
 * password sent again counts twice.
 */
const idempotent: Readonly<Record<string, readonly string[]>> = {
  "identity.v1.IdentityService": [
    "FindUser",
    "GetUsers",
    "GetUsersQuerySchema",
    "QueryUsers",
    "IssueUserToken",
    "GetUserOnboardCapability",
    "AuthUserPublicKey",
    "GetPasswordLockoutStatus",
    "GetBlueprintByUserStr",
    "ListUserCredentials",
    "GetUserCredential",
    "ListRoles",
    "ListGlobalRoles",
    "ListOrganizations",
    "GetOrganization",
    "GetOrganizationsQuerySchema",
    "QueryOrganizations",
    "GetOnboardRulesQuerySchema",
    "QueryOnboardRules",
    "ListUserAuthKeys",
    "GetAvailableIdentityProviders",
    "ListRepoOwners",
    "ListRepos",
    "ListAccessTokens",
    "ResolveAccessToken",
    "ListOrganizationEnvVars",
    "GetOrganizationEnvVar",
    "ListUserEnvVars",
    "GetUserEnvVar",
  ],
  "authz.v1.AuthzService": ["Evaluate", "BatchEvaluate", "GetAuditQuerySchema", "QueryAudit"],
  "session.v1.SessionService": [
    "GetSessions",
    "GetSessionsQuerySchema",
    "QuerySessions",
    "UpsertSession",
    "EndSession",
  ],
  "provisioner.v1.ProvisionerService": [
    "GetWorkspaces",
    "FindWorkspace",
    "GetWorkspacesByUserStr",
    "GetWorkspacesQuerySchema",
    "QueryWorkspaces",
    "GetBlueprints",
    "ListInjectNamespaces",
    "ListInjectWorkloads",
  ],
  "k8shelld.SystemService": ["Handshake", "SystemInfo", "GetLogsPage"],
  "k8shelld.SshService": ["ResizeTerminal", "GetCWD", "ListSessions"],
  "k8shelld.AppService": ["ListApps", "GetLogs"],
};

const paths: ReadonlySet<string> = new Set(
  Object.entries(idempotent).flatMap(([service, names]) => names.map((name) => `/${service}/${name}`)),
);

/** May the call be made twice? @param path of the rpc, e.g. `/identity.v1.IdentityService/FindUser` */
export const isIdempotentRpc = (path: string): boolean => paths.has(path);
