import {
  bool,
  filled,
  float,
  int32,
  int64,
  list,
  matching,
  object,
  oneOf,
  text,
  texts,
  time,
  timeOrNull,
  uint32,
  uint64,
} from "./go-json.ts";

/** The objects of rest-contract section 2, written down from it and not from our schemas. */

/** rest-contract, general wire rules; `code` and `requestId` are ours. */
export const errorEnvelope = object({ status: int32, msg: filled, code: filled, requestId: filled });

/** 2.1 */
export const workspaceDetails = object({
  created: time,
  status: oneOf(
    "Starting",
    "Warning",
    "Pulling",
    "Running",
    "Failing",
    "Stopping",
    "Terminating",
    "Stopped",
    "Error",
    "Unknown",
  ),
  message: text,
  restarts: int32,
  "lastFailMessage?": filled,
  appVersion: text,
  name: filled,
  username: filled,
  "repoOwner?": filled,
  "repoName?": filled,
  "repoRef?": filled,
  blueprint: text,
  origin: text,
  organization: text,
  cpu: matching(/^\d+(\.\d+)?m?$/),
  memory: matching(/^\d+([KMGT]i?)?$/),
  serverName: filled,
  podIP: text,
  port: int32,
  tlsEnabled: bool,
  namespace: text,
  "hostname?": filled,
  "jobId?": filled,
  workspaceType: oneOf("standalone", "injected"),
  "workloadKind?": filled,
  "workloadName?": filled,
  "replicaIndex?": int32,
  "replicaCount?": int32,
});

/** 2.2 */
export const workspaceCreateResponse = object({ workspace: filled, jobId: filled, monitorUrl: filled });

/** 2.3; `timestamp` is no RFC 3339. */
export const workspaceStreamEvent = object({
  id: int64,
  type: oneOf("event", "status", "progress"),
  "timestamp?": matching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  "objectName?": filled,
  "message?": filled,
  "status?": filled,
});

export const provisionJob = object({
  id: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  "workspaceName?": filled,
  "username?": filled,
  status: oneOf("running", "completed"),
  createdAt: time,
  updatedAt: time,
  finishedAt: time,
  "events?": list(workspaceStreamEvent),
});

const person = {
  username: filled,
  organization: filled,
  fullname: text,
  email: text,
  uid: uint32,
  gid: uint32,
  shell: text,
  sudo: bool,
  source: filled,
  roles: list(text),
  blueprints: list(text),
};

/** 2.4, with both spellings of section 6, row 3. */
export const userProfile = object({
  ...person,
  is_valid: bool,
  isValid: bool,
  account_locked: bool,
  locked: bool,
  "password_locked?": bool,
  "password_locked_until?": time,
  expiresAt: timeOrNull,
  "manage_repos?": filled,
  "manageRepos?": filled,
  "gitAddress?": filled,
});

/** 2.4; `password` is never given out. */
export const user = object({
  ...person,
  isValid: bool,
  expiresAt: timeOrNull,
  locked: bool,
  "manageRepos?": filled,
  "gitAddress?": filled,
});

const credential = {
  id: uint32,
  username: filled,
  serviceName: oneOf("git", "registry", "kubernetes"),
  serviceScope: filled,
  credentialSource: filled,
  subject: text,
  isActive: bool,
  createdAt: time,
  updatedAt: time,
  expiresAt: timeOrNull,
  lastUsedAt: timeOrNull,
};

/** 2.5; lists and changes give no secret (section 6, row 18). */
export const userCredential = object(credential);
export const userCredentialWithSecret = object({ ...credential, secret: filled });

/** 2.6, with both names of section 6, row 4. */
export const sshSession = object({
  sessionID: filled,
  username: filled,
  k8shelldVer: text,
  client: text,
  clientIP: text,
  startTime: time,
  endTime: timeOrNull,
  workspace: filled,
  bytesIn: int64,
  bytesOut: int64,
  operations: list(oneOf("sh", "pt", "pf", "sf", "sc", "ex", "af", "se")),
  channels: list(oneOf("sh", "pt", "pf", "sf", "sc", "ex", "af", "se")),
  blueprint: text,
  updatedAt: timeOrNull,
  ptyName: text,
});

/** 2.7 */
export const userToken = object({
  provider: filled,
  address: filled,
  username: filled,
  token: filled,
  "expiresAt?": time,
});

/** 2.7: camel case, or Go does not find the fields. */
export const accessToken = object({
  id: int64,
  username: filled,
  name: filled,
  scopes: list(filled),
  expiresAt: timeOrNull,
  createdAt: time,
  lastUsedAt: timeOrNull,
  isActive: bool,
  tokenPreview: matching(/^k8sh_[\w-]{8}$/),
});

export const accessTokenCreated = object({ id: int64, token: matching(/^k8sh_[\w-]{43}$/) });

/** 2.8 */
export const provider = object({ name: filled, capabilities: list(filled) });

/** 2.9 */
export const capability = object({ action: filled, allowed: bool, reason: text, "obligations?": texts });

/** 2.11 */
export const appStatus = object({
  name: filled,
  status: oneOf("RUNNING", "STOPPED", "NOT-INSTALLED", "INSTALLING", "PENDING", "INVALID", "-"),
  version: text,
  port: int32,
  pid: int32,
  age: text,
  restarts: int32,
  protocol: text,
});

/** 2.12: `min` in the averages is lower case. */
export const systemInfo = object({
  time,
  system: object({
    uptime: time,
    cpuUsageMillicores: float,
    cpuLimitMillicores: float,
    memoryUsageMiB: float,
    memLimitMiB: float,
    cpuAvg1min: float,
    cpuAvg5min: float,
    cpuAvg15min: float,
    users: uint32,
  }),
  mounts: list(
    object({
      mountPoint: filled,
      source: text,
      fsType: text,
      options: list(text),
      readOnly: bool,
      "isLikelyTemp?": bool,
      totalBytes: uint64,
      usedBytes: uint64,
      freeBytes: uint64,
      availableBytes: uint64,
      totalInodes: uint64,
      freeInodes: uint64,
      declaredSize: uint64,
    }),
  ),
  "repository?": filled,
});

/** 2.13 */
export const userAuthKey = object({ index: int32, key: filled, source: filled });
