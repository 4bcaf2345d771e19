import {
  auditRecord,
  isScope,
  queryDescriptor,
  scopeCatalogDocument,
  sshSession,
  userProfile,
  workspaceDetails,
} from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, createWorkspace, startAssembled } from "./assembled.ts";
import { openTerminal } from "./terminal-client.ts";

let assembled: Assembled;
let anna: Credentials;
let ben: Credentials;
let boss: Credentials;
let workspace: string;

const call: Assembled["call"] = (...request) => assembled.call(...request);
const asAdmin = (method: string, path: string, body?: unknown) => call(method, path, assembled.admin, body);

beforeAll(async () => {
  assembled = await startAssembled();
  await asAdmin("POST", "/organizations", { name: "acme" });
  anna = await addUser(assembled, "anna", { roles: ["developer"] });
  ben = await addUser(assembled, "ben", { org: "acme", roles: ["developer"] });
  boss = await addUser(assembled, "boss", { org: "acme", roles: ["org-admin"] });
  ({ workspace } = await createWorkspace(assembled, "anna", anna));
});

afterAll(() => assembled?.close());

const everything = { filters: { op: "or", conditions: [{ field: "username", op: "eq", value: "*" }] } };

test.each([
  ["users", "username"],
  ["organizations", "name"],
  ["sessions", "startTime"],
  ["workspaces", "name"],
  ["audit", "occurredAt"],
])("the fields of %s are described", async (resource, sortedBy) => {
  const descriptor = queryDescriptor.parse((await asAdmin("GET", `/${resource}/_schema`)).body);
  expect(descriptor.resource).toBe(resource);
  expect(descriptor.defaultSort?.[0]?.field).toBe(sortedBy);
  for (const field of descriptor.fields) expect(field.operators.length, field.name).toBeGreaterThan(0);
});

test("users are queried within what the caller may see", async () => {
  const names = async (credentials: Credentials, query?: unknown) =>
    userProfile
      .array()
      .parse((await call("POST", "/users/_query", credentials, query)).body)
      .map(({ username }) => username);
  expect(await names(assembled.admin)).toEqual(["admin", "anna", "ben", "boss"]);
  expect(
    await names(assembled.admin, { sort: [{ field: "username", dir: "desc" }], page: { limit: 2 } }),
  ).toEqual(["boss", "ben"]);
  const fromGo = {
    filters: { op: "", conditions: null },
    sort: [{ field: "username", dir: "" }],
    page: null,
  };
  expect(await names(assembled.admin, fromGo)).toEqual(["admin", "anna", "ben", "boss"]);
  const developers = { filters: { conditions: [{ field: "roles", op: "in", value: ["developer"] }] } };
  expect(await names(assembled.admin, developers)).toEqual(["anna", "ben"]);
  expect(await names(ben, { ...everything, obligations: { org: "default" } })).toEqual(["ben", "boss"]);
  expect((await asAdmin("POST", "/users/_query", { page: { limit: 2 ** 31 } })).status).toBe(400);
});

test("workspaces are queried within what the caller may see", async () => {
  const names = async (credentials: Credentials, query?: unknown) =>
    workspaceDetails
      .array()
      .parse((await call("POST", "/workspaces/_query", credentials, query)).body)
      .map(({ name }) => name);
  expect(await names(assembled.admin)).toEqual([workspace]);
  expect(await names(anna, everything)).toEqual([workspace]);
  expect(await names(ben, { ...everything, username: "anna" })).toEqual([]);
  expect(await names(boss, { ...everything, obligations: { username: "anna" } })).toEqual([]);
  const stopped = { filters: { conditions: [{ field: "status", op: "eq", value: "Stopped" }] } };
  expect(await names(anna, stopped)).toEqual([]);
});

test("sessions are queried within what the caller may see", async () => {
  const url = `${assembled.server.url}/api/v1/workspaces/${workspace}/interactive?tab=t`;
  const terminal = await openTerminal(url, { headers: { ...anna } });
  await terminal.shows("$");
  await terminal.close();
  const list = async (credentials: Credentials, query?: unknown) =>
    sshSession.array().parse((await call("POST", "/sessions/_query", credentials, query)).body);
  await expect.poll(async () => (await list(anna)).length).toBe(1);
  expect(await list(assembled.admin, everything)).toMatchObject([{ username: "anna", workspace }]);
  expect(await list(ben, everything)).toEqual([]);
  expect(await list(boss, everything)).toEqual([]);
});

test("the audit log shows decisions to administrators, each within the own organization", async () => {
  const list = async (credentials: Credentials, query?: unknown) => {
    const { status, body } = await call("POST", "/audit/_query", credentials, query);
    expect(status).toBe(200);
    return auditRecord.array().parse(body);
  };
  await call("GET", "/users/admin/profile", ben);
  const denied = {
    filters: {
      op: "and",
      conditions: [
        { field: "username", op: "eq", value: "ben" },
        { field: "allowed", op: "eq", value: "false" },
      ],
    },
  };
  const [record] = await list(assembled.admin, denied);
  expect(record).toMatchObject({
    action: "user:read",
    scope: "user:read:profile",
    resourceType: "user",
    resourceId: "admin",
    org: "acme",
    patPreview: expect.stringMatching(/^k8sh_.{8}$/),
    context: { data_type: "profile" },
    allowed: false,
  });
  expect((await list(boss, denied)).length).toBeGreaterThan(0);
  const ofAnna = { filters: { conditions: [{ field: "username", op: "eq", value: "anna" }] } };
  expect((await list(assembled.admin, ofAnna)).length).toBeGreaterThan(0);
  expect(await list(boss, ofAnna)).toEqual([]);
  expect((await call("POST", "/audit/_query", ben)).status).toBe(403);
});

test("blueprints are listed with templates for those who may see definitions", async () => {
  expect((await asAdmin("GET", "/blueprints")).body).toMatchObject([
    { name: "base", isTemplate: true },
    { name: "dev" },
  ]);
  expect((await call("GET", "/blueprints", ben)).status).toBe(403);
});

test("the catalogue of scopes needs no sign-in and holds nothing but scopes", async () => {
  const catalog = scopeCatalogDocument.parse((await call("GET", "/scopes", {})).body);
  expect(catalog.domains.map(({ domain }) => domain)).toEqual([
    "workspace",
    "session",
    "user",
    "token",
    "role",
    "org",
    "blueprints",
    "audit",
  ]);
  const entries = catalog.domains.flatMap(({ actions, wildcard }) => [
    ...actions.flatMap((action) => action.entries),
    ...(wildcard ? [wildcard] : []),
  ]);
  for (const { scope } of entries) expect(isScope(scope), scope).toBe(true);
});
