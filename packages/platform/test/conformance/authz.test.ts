import { Code } from "@k8shell/rpc";
import { expect, test } from "vitest";
import { codeOf, startAuthz, tokenOf } from "../authz/harness.ts";

// grpc-behaviour section 8, row by row: the table below is written from the contract, not from the code.

interface Row {
  readonly action: string;
  readonly package: string;
  readonly type: string;
  readonly id?: string;
  /** Attributes and context that must be there. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly context?: Readonly<Record<string, string>>;
  /** Attributes that may be there. */
  readonly optional?: Readonly<Record<string, string>>;
}

const owner = { owner: "alice" };
const ofWorkspace = { package: "workspace", type: "workspace", id: "alice-59936c3", attributes: owner };
const ofUser = { package: "user", type: "user", id: "alice" };
const tokens = { package: "user", type: "user", attributes: owner };

const rows: readonly Row[] = [
  { action: "workspace:list", package: "workspace", type: "workspace", optional: owner },
  { action: "workspace:create", ...ofWorkspace, id: "", context: { mode: "standalone" } },
  { action: "workspace:create", ...ofWorkspace, id: "", context: { mode: "inject" } },
  { action: "workspace:read", ...ofWorkspace },
  { action: "workspace:delete", ...ofWorkspace },
  { action: "workspace:connect", ...ofWorkspace, context: { type: "webshell" } },
  { action: "workspace:connect", ...ofWorkspace, context: { type: "webfiles" } },
  { action: "workspace:connect", ...ofWorkspace, context: { type: "portforward", port: "8080" } },
  { action: "workspace:files", ...ofWorkspace, context: { op: "download" } },
  { action: "workspace:files", ...ofWorkspace, context: { op: "upload" } },
  ...["read", "install", "start", "stop"].map((op) => ({
    action: "workspace:app",
    ...ofWorkspace,
    context: { op },
    optional: { app: "web" },
  })),
  ...["shell", "tcpip", "exec", "sftp"].map((session_type) => ({
    action: "session:start",
    ...ofWorkspace,
    package: "session",
    context: { session_type, session_source: "api-server" },
    optional: { blueprint: "dev" },
  })),
  { action: "session:list", package: "session", type: "workspace" },
  { action: "session:list", ...ofWorkspace, package: "session" },
  { action: "user:create", ...ofUser, id: "newcomer", attributes: { org: "acme" } },
  { action: "user:delete", ...ofUser, optional: { org: "acme" } },
  ...["ssh", "web"].map((surface) => ({
    action: "user:auth",
    ...ofUser,
    attributes: { idp: "local" },
    optional: { org: "acme" },
    context: { surface },
  })),
  ...["profile", "blueprints", "roles", "keys", "repos", "envvars"].map((data_type) => ({
    action: "user:read",
    ...ofUser,
    context: { data_type },
  })),
  ...["profile", "roles", "keys", "sudo", "locked", "org", "posix", "password", "envvars"].map(
    (data_type) => ({
      action: "user:write",
      ...ofUser,
      context: { data_type },
    }),
  ),
  ...["user:read", "user:write"].flatMap((action) =>
    ["kubernetes", "git", "registry"].map((credential_type) => ({
      action,
      ...ofUser,
      context: { data_type: "credentials", credential_type },
    })),
  ),
  ...["username", "email"].map((field) => ({
    action: "user:exists",
    package: "user",
    type: "user",
    context: { field },
  })),
  { action: "user:list", package: "user", type: "user" },
  ...["web-flow", "api"].map((source) => ({ action: "token:create", ...tokens, context: { source } })),
  { action: "token:read", ...tokens },
  { action: "token:write", ...tokens },
  { action: "token:delete", ...tokens },
  { action: "role:list", package: "role", type: "role" },
  ...["create", "update", "delete"].map((verb) => ({
    action: `role:${verb}`,
    package: "role",
    type: "role",
    id: "tester",
    attributes: { org: "acme" },
  })),
  { action: "org:list", package: "org", type: "org" },
  ...["org:read", "org:create", "org:update", "org:delete", "org:envvar:read", "org:envvar:write"].map(
    (action) => ({ action, package: "org", type: "org", id: "acme" }),
  ),
  { action: "onboardrule:list", package: "onboardrule", type: "onboardrule", optional: { org: "acme" } },
  {
    action: "onboardrule:create",
    package: "onboardrule",
    type: "onboardrule",
    id: "a*",
    attributes: { org: "acme", idp: "github" },
  },
  ...["update", "delete"].map((verb) => ({
    action: `onboardrule:${verb}`,
    package: "onboardrule",
    type: "onboardrule",
    id: "7",
    attributes: { org: "acme" },
  })),
  { action: "blueprints:read", package: "blueprint", type: "blueprint" },
  { action: "audit:list", package: "audit", type: "audit" },
  ...["shell", "exec", "sftp", "direct-tcpip", "direct-streamlocal", "agent-forward"].map((verb) => ({
    action: `ssh:${verb}`,
    ...ofWorkspace,
    package: "ssh",
  })),
];

const request = (
  { action, package: name, type, id = "", attributes = {}, context = {} }: Row,
  token: string,
) => ({
  token,
  action,
  package: name,
  resource: { type, id, attributes },
  context,
});
const without = (fields: Readonly<Record<string, string>>, name: string) =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

test("each row of the table is a proper question with exactly what it names, and with what it may name", async () => {
  const { client } = await startAuthz();
  for (const row of rows) {
    const code = (more: Row) => codeOf(client.evaluate(request(more, tokenOf("root"))));
    expect(await code(row), row.action).toBeUndefined();
    const full = { ...row, attributes: { ...row.attributes, ...row.optional } };
    expect(await code(full), row.action).toBeUndefined();
  }
});

test("each row without one of the things it needs, or of another package, is a contract violation", async () => {
  const { client } = await startAuthz();
  for (const row of rows) {
    const code = (more: Row) => codeOf(client.evaluate(request(more, tokenOf("root"))));
    expect(await code({ ...row, package: "" }), `${row.action} without package`).toBe(Code.InvalidArgument);
    expect(await code({ ...row, type: "planet" }), `${row.action} of a planet`).toBe(Code.InvalidArgument);
    for (const name of Object.keys(row.attributes ?? {})) {
      const less = { ...row, attributes: without(row.attributes ?? {}, name) };
      expect(await code(less), `${row.action} without ${name}`).toBe(Code.InvalidArgument);
    }
    for (const name of Object.keys(row.context ?? {})) {
      const less = { ...row, context: without(row.context ?? {}, name) };
      expect(await code(less), `${row.action} without ${name}`).toBe(Code.InvalidArgument);
    }
  }
});

test("nobody without a role and an organization gets anything that is somebody else's, and a denial is an OK answer", async () => {
  const { client } = await startAuthz();
  const stranger = tokenOf("stranger", { org: "", roles: [] });
  const { responses } = await client.batchEvaluate({ requests: rows.map((row) => request(row, stranger)) });
  expect(responses).toHaveLength(rows.length);
  const allowed = rows.filter((_, index) => responses[index]?.allowed).map(({ action }) => action);
  for (const action of allowed) expect(action).toMatch(/:(list|exists)$|^blueprints:read$/);
  for (const [index, { obligations, allowed: yes, reason }] of responses.entries()) {
    const action = rows[index]?.action ?? "";
    if (!yes) expect({ action, obligations, reason }).toMatchObject({ obligations: {}, reason: /./ });
    if (yes && /^(workspace|session):list$/.test(action))
      expect(obligations).toEqual({ username: "stranger" });
  }
});

const probe = (row: Omit<Row, "id">): Row => ({ ...row, id: "*" });
const probes: readonly Row[] = [
  ...["list", "provision", "read", "delete"]
    .map((verb) => `workspace:${verb}`)
    .map((action) => probe({ action, package: "workspace", type: "workspace" })),
  ...["standalone", "inject"].map((mode) =>
    probe({ action: "workspace:create", package: "workspace", type: "workspace", context: { mode } }),
  ),
  ...["webshell", "webfiles"].map((type) =>
    probe({ action: "workspace:connect", package: "workspace", type: "workspace", context: { type } }),
  ),
  probe({
    action: "workspace:connect",
    package: "workspace",
    type: "workspace",
    context: { type: "portforward", port: "0" },
  }),
  ...["download", "upload"].map((op) =>
    probe({ action: "workspace:files", package: "workspace", type: "workspace", context: { op } }),
  ),
  ...["read", "install", "start", "stop"].map((op) =>
    probe({ action: "workspace:app", package: "workspace", type: "workspace", context: { op } }),
  ),
  probe({ action: "session:list", package: "session", type: "workspace" }),
  probe({
    action: "session:start",
    package: "session",
    type: "workspace",
    context: { session_type: "shell", session_source: "api-server" },
  }),
  ...["user:list", "user:create", "user:delete"].map((action) =>
    probe({ action, package: "user", type: "user" }),
  ),
  ...["username", "email"].map((field) =>
    probe({ action: "user:exists", package: "user", type: "user", context: { field } }),
  ),
  ...["web", "ssh"].map((surface) =>
    probe({ action: "user:auth", package: "user", type: "user", context: { surface } }),
  ),
  ...rows
    .filter(({ action }) => action === "user:read" || action === "user:write")
    .map(({ context }) => probe({ action: "user:read", package: "user", type: "user", context }))
    .filter(
      ({ context }) => !["sudo", "locked", "org", "posix", "password"].includes(context?.data_type ?? ""),
    ),
  ...rows.filter(({ action }) => action === "user:write").map(({ attributes: _, ...row }) => probe(row)),
  probe({ action: "token:create", package: "user", type: "user", context: { source: "api" } }),
  ...["read", "write", "delete"].map((verb) =>
    probe({ action: `token:${verb}`, package: "user", type: "user" }),
  ),
  ...["list", "create", "update", "delete"].map((verb) =>
    probe({ action: `role:${verb}`, package: "role", type: "role" }),
  ),
  ...["list", "read", "create", "update", "delete", "envvar:read", "envvar:write"].map((verb) =>
    probe({ action: `org:${verb}`, package: "org", type: "org" }),
  ),
  ...["list", "create", "update", "delete"].map((verb) =>
    probe({ action: `onboardrule:${verb}`, package: "onboardrule", type: "onboardrule" }),
  ),
  probe({ action: "blueprints:read", package: "blueprint", type: "blueprint" }),
  probe({ action: "audit:list", package: "audit", type: "audit" }),
  ...["shell", "exec", "sftp", "direct-tcpip", "direct-streamlocal", "agent-forward"].map((verb) =>
    probe({ action: `ssh:${verb}`, package: "ssh", type: "workspace" }),
  ),
];

test("every probe of a capability report can be asked with the id * and nothing else, by anybody", async () => {
  const { client } = await startAuthz();
  for (const name of ["alice", "boss", "root"]) {
    const requests = probes.map((row) => request(row, tokenOf(name)));
    const { responses } = await client.batchEvaluate({ requests, capabilityCheck: true });
    expect(responses).toHaveLength(probes.length);
    const denied = probes.filter((_, index) => !responses[index]?.allowed).map(({ action }) => action);
    if (name === "root") expect(denied).toEqual([]);
    else expect(denied).toContain("user:write");
  }
});
