import {
  blocks,
  choice,
  httpUrl,
  integer,
  list,
  openBlock,
  optional,
  required,
  section,
  text,
  withDefault,
} from "../fields.ts";

import { ownDatabase } from "./database.ts";

const tokenFilePath = optional(text(), "file with the bearer token, read again for every call", {
  otherwise: "no token",
});
const caCertPath = optional(text(), "PEM file of the only trusted CA", { otherwise: "plaintext" });

/** The keys of a service that is remote when it has an address, and embedded without one. */
export const remoteKeys = {
  address: optional(
    text(),
    "`host:port` or `dns:///host:port` of the gRPC service to use instead of the embedded one",
    {
      otherwise: "embedded",
    },
  ),
  tokenFilePath,
  caCertPath,
  serverName: optional(text(), "name that the service's certificate must have", {
    otherwise: "the host of the address",
  }),
  timeoutSeconds: withDefault(
    integer(1, 600),
    10,
    "deadline of calls to it that have none of their own, with all repeats",
  ),
};

export const session = section("Session records.", { ...remoteKeys, database: ownDatabase });
export const provisioner = section("Workspaces.", remoteKeys);
export const authz = section("Policy decisions.", { ...remoteKeys, database: ownDatabase });

export const k8shelld = section(
  "The daemons in workspaces of a remote Provisioner; their addresses come from it.",
  {
    tokenFilePath,
    caCertPath,
  },
);

const onboardRule = section("", {
  idp: required(text().min(1), "provider name, e.g. `idp.k8shell.io/github`; `*` and `?` are wildcards"),
  usernamePattern: optional(text(), "which user names", { otherwise: "`*`" }),
  org: optional(text(), "organization of new users", { otherwise: "`default`" }),
  action: required(
    choice("allow", "reject", "waitlist"),
    "`allow`, `reject`, or `waitlist` (an administrator decides)",
  ),
  priority: optional(integer(-1_000_000, 1_000_000), "the lowest number that matches decides", {
    otherwise: "100",
  }),
  roles: optional(list(), "roles of new users", { otherwise: "`developer`" }),
});

export const identity = section("Users and their credentials.", {
  ...remoteKeys,
  database: ownDatabase,
  keysDir: optional(
    text(),
    "directory of the keys that sign user tokens and encrypt secrets; processes that share a database must have the same",
    { otherwise: "`keys` in the data directory" },
  ),
  passwordResetWebhook: optional(
    httpUrl(),
    "where a `POST` hands over a password reset link to be sent: JSON with `username`, `fullname`, `email`, `link` and `expiresAt`",
    { otherwise: "only administrators make links", secret: true },
  ),
  providers: optional(
    blocks(openBlock()),
    "further sign-in providers of the embedded Identity, see [below](#sign-in-providers)",
    { otherwise: "`local` only" },
  ),
  onboardRules: optional(
    blocks(onboardRule),
    "who may join through a provider; a rule is made when no such one exists",
    { otherwise: "nobody" },
  ),
});
