// Generated from the route table by `npm run generate`; do not edit.

/** A personal access token, without the token itself. */
export interface AccessToken {
  id: number;
  username: string;
  name: string;
  scopes: string[];
  /** null: never. */
  expiresAt: string | null;
  createdAt: string | null;
  lastUsedAt: string | null;
  isActive: boolean;
  /** The first characters of the token. */
  tokenPreview: string;
}

/** A new personal access token. */
export interface AccessTokenCreateRequest {
  name: string;
  scopes: string[];
  /** Left out: never, or as long as policy allows. */
  expires_at?: string | null;
  /** When a token of this name exists, give it a new secret instead of failing. */
  renew?: boolean | null;
  active?: boolean | null;
}

/** The new token. */
export interface AccessTokenCreated {
  id: number;
  /** Shown this once. */
  token: string;
}

/** Changes to a personal access token. */
export interface AccessTokenUpdateRequest {
  active?: boolean | null;
  /** Replaces the scopes. */
  scopes?: string[] | null;
}

/** An app of a workspace. */
export interface AppStatus {
  name: string;
  status: "RUNNING" | "STOPPED" | "NOT-INSTALLED" | "INSTALLING" | "PENDING" | "INVALID" | "-";
  version: string;
  port: number;
  pid: number;
  /** How long it runs, e.g. `1h36m`. */
  age: string;
  restarts: number;
  protocol: string;
}

/** One policy decision. */
export interface AuditRecord {
  id: number;
  reqId: string;
  occurredAt: string | null;
  package: string;
  action: string;
  scope?: string;
  username: string;
  roles: string[];
  org: string;
  patPreview?: string;
  resourceType: string;
  resourceId: string;
  resourceOwner?: string;
  resourceAttributes?: Record<string, string>;
  context?: Record<string, string>;
  allowed: boolean;
  obligations?: Record<string, string>;
  error?: string;
  durationUs: number;
  dupCount: number;
  lastOccurredAt: string | null;
}

/** A service behind the gateway. */
export interface BackendHealth {
  status: "ok" | "down" | "disabled";
  /** `embedded` or `remote`. */
  mode?: string;
  detail?: string;
}

/** A blueprint in a list. */
export interface BlueprintSummary {
  name: string;
  description?: string;
  isTemplate?: boolean;
}

/** A completed sign-in. The session cookie is set by the same response. */
export interface CallbackResult {
  username: string;
  redirect: string;
  newUser: boolean;
}

/** Whether an action is allowed, for showing or hiding controls. */
export interface Capability {
  /** E.g. `workspace:connect:webshell`. */
  action: string;
  allowed: boolean;
  reason: string;
  obligations?: Record<string, string>;
}

/** A link for somebody without an account. */
export interface CreatePortLinkRequest {
  /** Seconds the link is valid: 60 to 2592000 (30 days); default 86400. */
  expires_in?: number | null;
  /** Path to open; default `/`. */
  next?: string | null;
}

/** Disk use of the workspace's own container engine. */
export interface DockerUsage {
  socketPath: string;
  apiVersion: string;
  dockerRootDir: string;
  /** Bytes. */
  imagesBytes: number;
  /** Bytes. */
  containersBytes: number;
  /** Bytes. */
  containersRootFsBytes: number;
  /** Bytes. */
  volumesBytes: number;
  /** Bytes. */
  buildCacheBytes: number;
  /** Bytes. */
  totalBytes: number;
  /** Bytes. */
  declaredSize: number;
}

/** An environment variable of a user or an organization. */
export interface EnvVar {
  key: string;
  value: string;
  isSecret: boolean;
  createdAt: string | null;
  updatedAt: string | null;
  redacted?: boolean;
  /** `org` or `user`. */
  origin?: string;
}

/** A new environment variable. */
export interface EnvVarCreateRequest {
  key: string;
  value: string;
  isSecret?: boolean | null;
}

/** Changes to an environment variable. */
export interface EnvVarUpdateRequest {
  value?: string | null;
  isSecret?: boolean | null;
}

/** A command to run in a workspace. */
export interface ExecRequest {
  /** A line for the workspace's shell, or a program and its arguments, which no shell interprets. */
  command: string | string[];
  /** Given to the command on its standard input. More goes over the WebSocket. */
  stdin?: string | null;
  /** Further environment variables. */
  env?: Record<string, string> | null;
  /** Directory to run in; the home directory when left out. */
  cwd?: string | null;
  /** The command is ended after so long (default 60). */
  timeoutSeconds?: number | null;
  /** Bytes kept of each of stdout and stderr in a JSON answer (default 1 MiB); what is over is dropped. */
  maxOutputBytes?: number | null;
  /** How stdout and stderr are written (default utf8). */
  encoding?: "utf8" | "base64" | null;
}

/** What a command printed and how it ended. */
export interface ExecResult {
  /** 127: not found; 126: not executable; 128 + n: ended by signal n; null: none, see `timedOut`. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
  /** It was ended because its time was over. */
  timedOut: boolean;
  durationMs: number;
}

/** A file, directory or link in a workspace. */
export interface FileInfo {
  name: string;
  /** Absolute. */
  path: string;
  /** Of the entry itself, not what a link leads to. */
  type: "file" | "directory" | "symlink" | "other";
  /** A directory, or a link to one. */
  isDir: boolean;
  /** Bytes. */
  size: number;
  /** As `ls -l` shows it, e.g. `-rw-r--r--`. */
  mode: string;
  modTime: string;
  uid?: number;
  gid?: number;
  /** Where a link leads. */
  target?: string;
  /** Of a file, as its download has it; use it in `If-Match`. */
  etag?: string;
}

/** The entries of a directory. */
export interface FileList {
  /** The directory, absolute and without links. */
  path: string;
  /** Directories first, then by name. */
  entries: FileInfo[];
  /** False when the directory has more entries than a listing holds. */
  complete: boolean;
}

/** The server and the services behind it. */
export interface Health {
  status: "ok" | "degraded";
  version: string;
  time: string;
  uptimeSeconds: number;
  backends: Record<string, BackendHealth>;
  /** How workspaces on this machine are kept apart. */
  isolation?: {
    mode: string;
    detail: string;
  };
}

/** Namespaces that workspaces can be injected into. */
export interface InjectNamespaces {
  namespaces: string[];
  clusterWide?: boolean;
}

/** A workload that a workspace can be injected into. */
export interface InjectWorkload {
  namespace: string;
  kind: string;
  name: string;
  replicas: number;
  injected?: boolean;
  workspace?: string;
  username?: string;
  organization?: string;
  blueprint?: string;
}

/** One open connection of this replica. */
export interface LiveConnection {
  id: string;
  kind: "terminal" | "app" | "files" | "events" | "logs";
  username: string;
  /** Empty: it leads to no workspace. */
  workspace: string;
  /** What it was opened with. */
  credential: "session" | "token" | "jwt";
  /** First 13 characters of the access token; else empty. */
  tokenPreview: string;
  clientIP: string;
  openedAt: string;
  /** When the user last did something. */
  lastActiveAt: string;
  /** Received from the client, framing included. */
  bytesIn: number;
  /** Sent to the client, framing included. */
  bytesOut: number;
  requestId: string;
}

/** A short answer in words. */
export interface Message {
  message: string;
}

/** One mounted file system. */
export interface MountUsage {
  mountPoint: string;
  source: string;
  fsType: string;
  options: string[];
  readOnly: boolean;
  isLikelyTemp?: boolean;
  /** Bytes. */
  totalBytes: number;
  /** Bytes. */
  usedBytes: number;
  /** Bytes. */
  freeBytes: number;
  /** Bytes. */
  availableBytes: number;
  totalInodes: number;
  freeInodes: number;
  /** Bytes. */
  declaredSize: number;
}

/** Who may become a user. */
export interface OnboardRule {
  id: number;
  idp: string;
  usernamePattern: string;
  org: string;
  /** `allow`, `reject`, `waitlist` or `not-defined`. */
  action: string;
  /** `none`, `pending`, `approved`, `rejected` or `onboarded`. */
  status: string;
  priority: number;
  roles?: string[];
  sudo?: boolean;
  fullname?: string;
  email?: string;
  note?: string;
  requestedAt?: string | null;
  decidedAt?: string | null;
  decidedBy?: string;
  createdAt: string | null;
  updatedAt: string | null;
}

/** A new onboarding rule. */
export interface OnboardRuleCreateRequest {
  idp: string;
  usernamePattern: string;
  action: "allow" | "reject" | "waitlist" | "not-defined";
  priority?: number | null;
  roles?: string[] | null;
  sudo?: boolean | null;
  note?: string | null;
}

/** Why a request is turned down. */
export interface OnboardRuleRejectRequest {
  note?: string | null;
}

/** An onboarding rule, replaced. */
export interface OnboardRuleUpdateRequest {
  action: "allow" | "reject" | "waitlist" | "not-defined";
  priority?: number | null;
  roles?: string[] | null;
  sudo?: boolean | null;
  note?: string | null;
  fullname?: string | null;
  email?: string | null;
}

/** An organization. */
export interface Organization {
  name: string;
  description: string;
  createdAt: string | null;
  adminUsernames: string[];
  userCount: number;
  /** true only for `default`. */
  readOnly: boolean;
}

/** A new organization. */
export interface OrganizationCreateRequest {
  name: string;
  description?: string | null;
}

/** How to delete an organization. */
export interface OrganizationDeleteRequest {
  /** Where its users go. */
  moveUsersToOrg?: string | null;
  /** Keep the workspaces of its users. Given without `moveUsersToOrg`, the users are deleted. */
  preserveWorkspaces?: boolean | null;
}

/** Changes to an organization. */
export interface OrganizationUpdateRequest {
  description?: string | null;
}

/** A new password, with the token of a reset link. */
export interface PasswordResetConfirmRequest {
  token: string;
  password: string;
}

/** A page that sets a password once; a secret. */
export interface PasswordResetLink {
  link: string;
  expiresAt: string;
}

/** Whose password was forgotten. */
export interface PasswordResetRequest {
  email: string;
}

/** The person has not signed in yet: ask again. */
export interface PendingLogin {
  status: "pending";
}

/** A new link. */
export interface PortLink {
  id: string;
  /** Open it in a browser. It is shown once. */
  url: string;
  /** For programs: `K8shell-Authorization: Bearer <token>`. It is shown once. */
  token: string;
  expiresAt: string;
}

/** Answer of a liveness or readiness probe. */
export interface Probe {
  status: string;
}

/** An identity provider. `OnboardUserWebFlow` among its capabilities: browsers can sign in. */
export interface Provider {
  name: string;
  capabilities: string[];
}

/** A provisioning job and its events. */
export interface ProvisionJob {
  id: string;
  workspaceName?: string;
  username?: string;
  status: "running" | "completed";
  createdAt: string;
  updatedAt: string;
  /** `0001-01-01T00:00:00Z` while the job runs. */
  finishedAt: string;
  events?: WorkspaceStreamEvent[];
}

/** The fields that a list can be queried by. */
export interface QueryDescriptor {
  resource: string;
  fields: Array<{
    name: string;
    type: "string" | "number" | "boolean" | "datetime";
    operators: Array<"eq" | "ne" | "in" | "gt" | "gte" | "lt" | "lte" | "exists">;
  }>;
  defaultSort?: Array<{
    field: string;
    dir: "asc" | "desc";
  }>;
}

/** Filters, order and page of a list. Values are always strings. */
export interface QueryPayload {
  filters?: {
    /** Default `and`. */
    op?: "and" | "or" | "" | null;
    conditions?: Array<{
      field: string;
      op: "eq" | "ne" | "in" | "gt" | "gte" | "lt" | "lte" | "exists";
      value?: string | string[] | null;
    }> | null;
  } | null;
  sort?: Array<{
    field: string;
    /** Default `asc`. */
    dir?: "asc" | "desc" | "" | null;
  }> | null;
  page?: {
    limit?: number | null;
    offset?: number | null;
  } | null;
}

/** A recorded terminal or command. */
export interface Recording {
  sessionID: string;
  username: string;
  workspace: string;
  kind: "shell" | "exec";
  /** Columns at the beginning. */
  width: number;
  /** Rows at the beginning. */
  height: number;
  startedAt: string;
  /** From the beginning to the last event. */
  durationMs: number;
  /** Bytes of the asciicast. */
  size: number;
  /** It is being made now. */
  active: boolean;
  /** Where the asciicast is, relative to the server. */
  cast: string;
}

/** A repository. */
export interface Repo {
  name: string;
  fullName: string;
  description?: string;
  private?: boolean;
  defaultBranch?: string;
  htmlUrl?: string;
}

/** Somebody whose repositories the user can see. */
export interface RepoOwner {
  login: string;
  /** `user` or `organization`. */
  kind: string;
  description?: string;
  avatarUrl?: string;
}

/** Blueprints to add to or remove from a role. */
export interface RoleBlueprintsRequest {
  blueprints: string[];
}

/** A new role. */
export interface RoleCreateRequest {
  name: string;
  description?: string | null;
}

/** A role. */
export interface RoleInfo {
  name: string;
  description: string;
  /** Empty: global. */
  org: string;
  createdAt: string | null;
  userCount: number;
  blueprints: string[];
}

/** Changes to a role. */
export interface RoleUpdateRequest {
  description?: string | null;
}

/** One connection of a user to a workspace. */
export interface SSHSession {
  sessionID: string;
  username: string;
  k8shelldVer: string;
  client: string;
  clientIP: string;
  startTime: string | null;
  /** null: the session is active. */
  endTime: string | null;
  workspace: string;
  bytesIn: number;
  bytesOut: number;
  /** `sh` shell, `pt` PTY, `pf` port forward, `sf` SFTP, `sc` SCP, `ex` exec, `af` agent, `se` system exec. */
  operations: string[];
  /** Same as `operations`. */
  channels: string[];
  blueprint: string;
  updatedAt: string | null;
  ptyName: string;
}

/** All scopes, grouped. */
export interface ScopeCatalog {
  global: ScopeEntry;
  domains: Array<{
    domain: string;
    label: string;
    description?: string;
    wildcard?: ScopeEntry;
    actions: Array<{
      action: string;
      label: string;
      entries: ScopeEntry[];
    }>;
  }>;
}

/** A scope that a token may be given. */
export interface ScopeEntry {
  scope: string;
  label: string;
  description?: string;
  wildcard: boolean;
  constraints?: Array<"self">;
  /** `@` and the name of a workspace may be added, after a `:self`: it holds for that workspace only. */
  perWorkspace?: true;
}

/** Who may use a port. Without `cors` the list stays as it is. */
export interface SetPortRequest {
  /** Who may use the port beside the workspace's owner: nobody, the owner's organization, everybody who is signed in, or everybody. */
  share: "owner" | "organization" | "authenticated" | "public";
  cors?: string[] | null;
}

/** Resource use of a workspace. */
export interface SystemInfo {
  time: string;
  system: {
    /** Start time, RFC 3339. */
    uptime: string;
    cpuUsageMillicores: number;
    cpuLimitMillicores: number;
    memoryUsageMiB: number;
    memLimitMiB: number;
    cpuAvg1min: number;
    cpuAvg5min: number;
    cpuAvg15min: number;
    users: number;
  };
  mounts: MountUsage[];
  docker?: DockerUsage;
  repository?: string;
}

/** A resumable upload that is not finished. */
export interface Upload {
  id: string;
  /** Where the file will be. */
  path: string;
  /** Bytes that have arrived. */
  offset: number;
  /** Bytes of the whole file; null while the client has not said. */
  length: number | null;
  /** When it is given up; every part that arrives moves it. */
  expiresAt: string;
}

/** A user account. */
export interface User {
  username: string;
  organization: string;
  fullname: string;
  email: string;
  uid: number;
  gid: number;
  shell: string;
  sudo: boolean;
  /** `local` or the identity provider that the user came from. */
  source: string;
  roles: string[];
  blueprints: string[];
  isValid: boolean;
  expiresAt: string | null;
  locked: boolean;
  manageRepos?: string;
  gitAddress?: string;
}

/** An SSH public key of a user. */
export interface UserAuthKey {
  /** Place in this list; what a key is deleted by. */
  index: number;
  /** The public key, or its fingerprint with `format=digest`. */
  key: string;
  source: string;
}

/** Blueprints to add or remove. */
export interface UserBlueprintsRequest {
  blueprints: string[];
}

/** A new user. */
export interface UserCreateRequest {
  /** Username; case does not matter. */
  username: string;
  /** Default: the caller's organization. */
  org?: string | null;
  fullname?: string | null;
  email?: string | null;
  password?: string | null;
  roles?: string[] | null;
  shell?: string | null;
  sudo?: boolean | null;
  locked?: boolean | null;
  uid?: number | null;
  gid?: number | null;
}

/** A credential that workspaces of the user may use. */
export interface UserCredential {
  id: number;
  username: string;
  /** `git`, `registry` or `kubernetes`. */
  serviceName: string;
  /** What it is for: a host address, a registry, a namespace. */
  serviceScope: string;
  /** `stored`, `kubernetes` or the name of an identity provider. */
  credentialSource: string;
  /** Login or service account name. */
  subject: string;
  secret?: string;
  isActive: boolean;
  createdAt: string | null;
  updatedAt: string | null;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** Changes to a credential. */
export interface UserCredentialUpdateRequest {
  scope?: string | null;
  subject?: string | null;
  secret?: string | null;
  active?: boolean | null;
}

/** How to delete a user. */
export interface UserDeleteRequest {
  preserveWorkspaces?: boolean | null;
}

/** A login at a git host. */
export interface UserGitCredentialRequest {
  scope: string;
  subject: string;
  secret: string;
}

/** SSH public keys in authorized_keys form. */
export interface UserKeysRequest {
  keys: string[];
}

/** A service account in a namespace. */
export interface UserKubernetesCredentialRequest {
  scope: string;
  subject: string;
}

/** Sign-in by password. */
export interface UserLoginRequest {
  /** Username; case does not matter. */
  username: string;
  password: string;
}

/** A new password. An empty one removes the password. */
export interface UserPasswordRequest {
  password: string;
  current_password?: string | null;
  currentPassword?: string | null;
}

/** A user, as shown to that user and to administrators. */
export interface UserProfile {
  username: string;
  organization: string;
  fullname: string;
  email: string;
  uid: number;
  gid: number;
  shell: string;
  sudo: boolean;
  /** `local` or the identity provider that the user came from. */
  source: string;
  roles: string[];
  blueprints: string[];
  is_valid: boolean;
  /** Same as `is_valid`. */
  isValid: boolean;
  account_locked: boolean;
  /** Same as `account_locked`. */
  locked: boolean;
  /** Too many wrong passwords: password sign-in is refused for a while. In lists only with the embedded Identity. */
  password_locked?: boolean;
  password_locked_until?: string;
  /** The account ends then; null: never. */
  expiresAt: string | null;
  manage_repos?: string;
  /** Same as `manage_repos`. */
  manageRepos?: string;
  gitAddress?: string;
}

/** A login at a container registry. */
export interface UserRegistryCredentialRequest {
  scope: string;
  subject: string;
  secret: string;
}

/** Roles to add or remove. */
export interface UserRolesRequest {
  roles: string[];
}

/** A token to call the API with. */
export interface UserToken {
  provider: string;
  address: string;
  username: string;
  token: string;
  expiresAt?: string;
}

/** Changes to a user. What is left out stays as it is. */
export interface UserUpdateRequest {
  fullname?: string | null;
  shell?: string | null;
  email?: string | null;
  org?: string | null;
  /** Replaces the roles; an empty list removes all. */
  roles?: string[] | null;
  sudo?: boolean | null;
  locked?: boolean | null;
  uid?: number | null;
  gid?: number | null;
  /** false: delete the workspaces when the organization changes. */
  preserveWorkspaces?: boolean | null;
}

/** What to make a workspace from: a blueprint or a repository. */
export interface WorkspaceCreateRequest {
  /** The owner; the caller when left out. */
  username?: string | null;
  blueprint?: string | null;
  /** Default: the username. */
  repoOwner?: string | null;
  repoName?: string | null;
  repoRef?: string | null;
  /** Inject into this workload; needs `workloadName` and `namespace`. */
  workloadKind?: string | null;
  workloadName?: string | null;
  pod?: string | null;
  namespace?: string | null;
}

/** An accepted workspace, being provisioned. */
export interface WorkspaceCreateResponse {
  workspace: string;
  /** Empty when the platform keeps no job records. */
  jobId: string;
  /** Where to follow the job, relative to the server. */
  monitorUrl: string;
}

/** A workspace and its status. */
export interface WorkspaceDetails {
  created: string | null;
  status: "Starting" | "Warning" | "Pulling" | "Running" | "Failing" | "Stopping" | "Terminating" | "Stopped" | "Error" | "Unknown";
  /** Why the workspace has its status. */
  message: string;
  restarts: number;
  lastFailMessage?: string;
  appVersion: string;
  /** Canonical id, or the pod's name for an injected workspace. */
  name: string;
  /** The owner. */
  username: string;
  repoOwner?: string;
  repoName?: string;
  repoRef?: string;
  blueprint: string;
  /** Repository `owner/name`, or the blueprint. */
  origin: string;
  organization: string;
  /** Kubernetes quantity, e.g. `500m`. */
  cpu: string;
  /** Kubernetes quantity, e.g. `256Mi`. */
  memory: string;
  /** Host name to connect to by SSH. */
  serverName: string;
  podIP: string;
  port: number;
  tlsEnabled: boolean;
  namespace: string;
  hostname?: string;
  /** The job that provisioned it last, while its record lasts. */
  jobId?: string;
  /** `standalone` or `injected`. */
  workspaceType: string;
  workloadKind?: string;
  workloadName?: string;
  replicaIndex?: number | null;
  replicaCount?: number | null;
}

/** A line of the log of a workspace's daemon. */
export interface WorkspaceLogEntry {
  /** Grows while the daemon runs. */
  id: number;
  time: string;
  component: string;
  level: string;
  message: string;
}

/** A page of the log of a workspace's daemon. */
export interface WorkspaceLogPage {
  entries: WorkspaceLogEntry[];
  /** There are older ones. */
  has_more: boolean;
}

/** A port of a workspace and who may use it. */
export interface WorkspacePort {
  port: number;
  /** Address for browsers. */
  url: string;
  /** Who may use the port beside the workspace's owner: nobody, the owner's organization, everybody who is signed in, or everybody. */
  share: "owner" | "organization" | "authenticated" | "public";
  /** Origins whose pages may read the app with the browser's cookie. */
  cors: string[];
  /** Links that are still valid. */
  links: Array<{
    id: string;
    createdAt: string;
    expiresAt: string;
    createdBy: string;
  }>;
}

/** One step of a job. */
export interface WorkspaceStreamEvent {
  /** 1, 2, 3 … within the job. */
  id: number;
  type: "event" | "status" | "progress";
  /** `YYYY-MM-DD HH:MM:SS`, no zone. */
  timestamp?: string;
  objectName?: string;
  message?: string;
  /** Status word, or the percentage of a progress event. */
  status?: string;
}

/** A terminal of a workspace. */
export interface WorkspaceTerminalSession {
  session_id: string;
  owner: string;
  shell: string;
  created_at: string;
  detached_at?: string;
  /** Absent: detached. `elsewhere`: live on another server. */
  state?: "attached" | "elsewhere";
  /** Who looks at it through this server. */
  viewers?: Array<{
    username: string;
    role: "owner" | "writer" | "observer";
  }>;
}
