import { takesSelf, takesWorkspace } from "./scopes.ts";

/** One scope that a token may be given, as a form shows it. */
export interface ScopeEntry {
  readonly scope: string;
  readonly label: string;
  readonly description?: string;
  readonly wildcard: boolean;
  /** Present when `:self` may be added. */
  readonly constraints?: readonly "self"[];
  /** Present when `@` and the name of a workspace may be added, after a `:self`. */
  readonly perWorkspace?: true;
}

export interface ScopeAction {
  readonly action: string;
  readonly label: string;
  readonly entries: readonly ScopeEntry[];
}

export interface ScopeDomain {
  readonly domain: string;
  readonly label: string;
  readonly description?: string;
  readonly wildcard?: ScopeEntry;
  readonly actions: readonly ScopeAction[];
}

/** All scopes, grouped for a token form (grpc-behaviour section 2, "Catalogue document"). */
export interface ScopeCatalog {
  readonly global: ScopeEntry;
  readonly domains: readonly ScopeDomain[];
}

const entry = (scope: string, label: string, description?: string): ScopeEntry => ({
  scope,
  label,
  ...(description === undefined ? {} : { description }),
  wildcard: scope.endsWith("*") && scope !== "*",
  ...(takesSelf(scope) ? { constraints: ["self"] } : {}),
  ...(takesWorkspace(scope) ? { perWorkspace: true } : {}),
});

/** An action that is one scope. */
const single = (domain: string, action: string, label: string, description?: string): ScopeAction => ({
  action,
  label,
  entries: [entry(`${domain}:${action}`, label, description)],
});

/** An action with qualifiers, and its wildcard last. */
const group = (
  domain: string,
  action: string,
  label: string,
  qualifiers: Readonly<Record<string, string>>,
  wildcard?: string,
): ScopeAction => ({
  action,
  label,
  entries: [
    ...Object.entries(qualifiers).map(([name, text]) => entry(`${domain}:${action}:${name}`, text)),
    ...(wildcard === undefined ? [] : [entry(`${domain}:${action}:*`, wildcard)]),
  ],
});

const credentialKinds = {
  kubernetes: "Kubernetes credentials",
  git: "Git credentials",
  registry: "Registry credentials",
};

/** The catalogue. Domains come in a fixed order; the last two have no wildcard. */
export const scopeCatalog: ScopeCatalog = {
  global: entry("*", "Everything", "All that the owner of the token may do"),
  domains: [
    {
      domain: "workspace",
      label: "Workspaces",
      description: "Development workspaces and what runs in them",
      wildcard: entry("workspace:*", "All workspace actions"),
      actions: [
        single("workspace", "list", "List workspaces"),
        single("workspace", "create", "Create workspaces"),
        single("workspace", "read", "Read a workspace", "Details, status, resource use and job progress"),
        single("workspace", "delete", "Stop and delete workspaces"),
        single("workspace", "files", "Move files", "Browse, download and upload files"),
        group(
          "workspace",
          "connect",
          "Connect",
          {
            webshell: "Open a terminal",
            webfiles: "Open the file explorer",
            portforward: "Reach ports and apps",
          },
          "Every kind of connection",
        ),
        group(
          "workspace",
          "app",
          "Apps",
          {
            read: "See apps and their logs",
            install: "Install apps",
            start: "Start apps",
            stop: "Stop apps",
          },
          "All app actions",
        ),
      ],
    },
    {
      domain: "session",
      label: "Sessions",
      wildcard: entry("session:*", "All session actions"),
      actions: [single("session", "list", "List connection sessions")],
    },
    {
      domain: "user",
      label: "Users",
      wildcard: entry("user:*", "All user actions", "Includes creating and deleting users"),
      actions: [
        single("user", "list", "List users"),
        group(
          "user",
          "read",
          "Read",
          {
            profile: "Profile",
            blueprints: "Permitted blueprints",
            roles: "Roles",
            keys: "SSH keys",
            repos: "Repositories",
            envvars: "Environment variables",
          },
          "Everything about a user, credentials included",
        ),
        group("user", "read:credentials", "Read credentials", credentialKinds, "All credentials"),
        group(
          "user",
          "write",
          "Change",
          {
            profile: "Profile",
            roles: "Roles",
            keys: "SSH keys",
            sudo: "Right to sudo",
            locked: "Account lock",
            org: "Organization",
            posix: "POSIX ids",
            password: "Password",
            envvars: "Environment variables",
          },
          "Everything about a user, credentials included",
        ),
        group("user", "write:credentials", "Change credentials", credentialKinds, "All credentials"),
      ],
    },
    {
      domain: "token",
      label: "Access tokens",
      wildcard: entry("token:*", "All token actions"),
      actions: [
        single("token", "read", "List access tokens"),
        single("token", "create", "Create access tokens"),
        single("token", "write", "Change access tokens"),
        single("token", "delete", "Delete access tokens"),
      ],
    },
    {
      domain: "role",
      label: "Roles",
      wildcard: entry("role:*", "All role actions"),
      actions: [
        single("role", "list", "List roles"),
        single("role", "create", "Create roles"),
        single("role", "delete", "Delete roles"),
        single("role", "update", "Change roles"),
      ],
    },
    {
      domain: "org",
      label: "Organizations",
      wildcard: entry("org:*", "All organization actions"),
      actions: [
        single("org", "list", "List organizations"),
        single("org", "create", "Create organizations"),
        single("org", "delete", "Delete organizations"),
        single("org", "update", "Change organizations"),
        group(
          "org",
          "envvar",
          "Environment variables",
          { read: "Read environment variables", write: "Change environment variables" },
          "All environment variable actions",
        ),
      ],
    },
    {
      domain: "blueprints",
      label: "Blueprints",
      actions: [single("blueprints", "read", "Read blueprint definitions")],
    },
    { domain: "audit", label: "Audit", actions: [single("audit", "list", "Read the audit log")] },
  ],
};
