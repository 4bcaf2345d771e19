import { envVar, organization, queryDescriptor, roleInfo } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, bearer, type Credentials, startAssembled, textOf } from "./assembled.ts";

let assembled: Assembled;
let member: Credentials;
let boss: Credentials;

const call: Assembled["call"] = (...request) => assembled.call(...request);
const asAdmin = (method: string, path: string, body?: unknown) => call(method, path, assembled.admin, body);

const namesOf = (list: unknown): string[] =>
  Array.isArray(list) ? list.map(({ name }: { name: string }) => name) : [];

beforeAll(async () => {
  assembled = await startAssembled();
  await asAdmin("POST", "/organizations", { name: "acme", description: "Makers" });
  member = await addUser(assembled, "mem", { org: "acme" });
  boss = await addUser(assembled, "boss", { org: "acme", roles: ["org-admin"] });
});

afterAll(() => assembled?.close());

test("an organization is created, shown, changed and deleted", async () => {
  const created = await asAdmin("POST", "/organizations", { name: "labs" });
  expect(created.status).toBe(201);
  expect(organization.parse(created.body)).toMatchObject({
    name: "labs",
    description: "",
    adminUsernames: [],
    userCount: 0,
    readOnly: false,
  });
  expect((await asAdmin("POST", "/organizations", { name: "labs" })).status).toBe(409);
  const changed = await asAdmin("PATCH", "/organizations/labs", { description: "Research" });
  expect(changed.body).toMatchObject({ description: "Research" });
  expect((await asAdmin("GET", "/organizations/labs")).body).toEqual(changed.body);
  expect((await asAdmin("DELETE", "/organizations/labs")).status).toBe(204);
  expect((await asAdmin("GET", "/organizations/labs")).status).toBe(404);
  expect((await asAdmin("DELETE", "/organizations/labs")).status).toBe(404);
  expect((await asAdmin("DELETE", "/organizations/default")).status).toBe(409);
  expect((await asAdmin("PATCH", "/organizations/default", { description: "x" })).status).toBe(409);
});

test("members see their own organization only, in lists and in queries", async () => {
  expect(namesOf((await asAdmin("GET", "/organizations")).body)).toEqual(["acme", "default"]);
  expect(namesOf((await call("GET", "/organizations", member)).body)).toEqual(["acme"]);
  expect((await call("GET", "/organizations/default", member)).status).toBe(403);
  expect((await call("GET", "/organizations/acme", member)).status).toBe(200);

  const descriptor = queryDescriptor.parse((await call("GET", "/organizations/_schema", member)).body);
  expect(descriptor.fields.map(({ name }) => name)).toEqual([
    "name",
    "description",
    "createdAt",
    "userCount",
    "adminUsernames",
  ]);
  expect(descriptor.defaultSort).toEqual([{ field: "name", dir: "asc" }]);
  const query = {
    filters: {
      op: "or",
      conditions: ["acme", "default"].map((value) => ({ field: "name", op: "eq", value })),
    },
    sort: [{ field: "name", dir: "desc" }],
  };
  expect(namesOf((await asAdmin("POST", "/organizations/_query", query)).body)).toEqual(["default", "acme"]);
  const sneaky = { ...query, obligations: {}, org: "default" };
  expect(namesOf((await call("POST", "/organizations/_query", member, sneaky)).body)).toEqual(["acme"]);
  expect(namesOf((await call("POST", "/organizations/_query", member)).body)).toEqual(["acme"]);
  const wrong = { filters: { conditions: [{ field: "nothing", op: "eq", value: "x" }] } };
  expect((await asAdmin("POST", "/organizations/_query", wrong)).status).toBe(400);
  const paged = { page: { limit: 1, offset: 1 } };
  expect(namesOf((await asAdmin("POST", "/organizations/_query", paged)).body)).toEqual(["default"]);
});

test("roles of an organization are made by its administrator and listed with the global ones", async () => {
  const created = await call("POST", "/organizations/acme/roles", boss, { name: "web", description: "Web" });
  expect(created.status).toBe(201);
  expect(roleInfo.parse(created.body)).toMatchObject({
    name: "web",
    org: "acme",
    userCount: 0,
    blueprints: [],
  });
  expect((await call("POST", "/organizations/acme/roles", boss, { name: "admin" })).status).toBe(403);
  expect((await call("POST", "/organizations/default/roles", boss, { name: "x" })).status).toBe(403);
  expect((await call("POST", "/organizations/acme/roles", member, { name: "x" })).status).toBe(403);

  const grown = await call("POST", "/organizations/acme/roles/web/blueprints", boss, { blueprints: ["dev"] });
  expect(grown.body).toMatchObject({ blueprints: ["dev"] });
  const shrunk = await call("DELETE", "/organizations/acme/roles/web/blueprints", boss, {
    blueprints: ["dev"],
  });
  expect(shrunk.body).toMatchObject({ blueprints: [] });
  const renamed = await call("PATCH", "/organizations/acme/roles/web", boss, { description: "Web people" });
  expect(renamed.body).toMatchObject({ name: "web", description: "Web people" });

  const listed = roleInfo.array().parse((await call("GET", "/organizations/acme/roles", member)).body);
  expect(listed.map(({ name, org }) => `${org}:${name}`)).toEqual(
    expect.arrayContaining(["acme:web", ":admin", ":org-admin", ":developer"]),
  );
  const global = roleInfo.array().parse((await call("GET", "/roles", member)).body);
  expect(global.every(({ org }) => org === "")).toBe(true);
  const elsewhere = roleInfo.array().parse((await call("GET", "/organizations/default/roles", member)).body);
  expect(elsewhere).toEqual(global);
  expect((await asAdmin("GET", "/organizations/nowhere/roles")).status).toBe(404);

  await asAdmin("POST", "/users/mem/roles", { roles: ["web"] });
  expect((await call("DELETE", "/organizations/acme/roles/web", boss)).status).toBe(409);
  await asAdmin("DELETE", "/users/mem/roles", { roles: ["web"] });
  expect((await call("DELETE", "/organizations/acme/roles/web", boss)).status).toBe(204);
  expect((await call("DELETE", "/organizations/acme/roles/web", boss)).status).toBe(404);
  expect((await asAdmin("DELETE", "/organizations/acme/roles/developer")).status).toBe(409);
});

test("variables of an organization never show a secret", async () => {
  const path = "/organizations/acme/envvars";
  const plain = await call("POST", path, boss, { key: "REGION", value: "eu" });
  expect(plain.status).toBe(201);
  expect(envVar.parse(plain.body)).toMatchObject({
    key: "REGION",
    value: "eu",
    isSecret: false,
    origin: "org",
  });
  const secret = await call("POST", path, boss, { key: "KEY", value: "hush-hush", isSecret: true });
  const answers = [
    secret,
    await call("GET", path, boss),
    await call("GET", `${path}/KEY`, boss),
    await call("PATCH", `${path}/KEY`, boss, { value: "hush-hush-2" }),
    await call("PATCH", `${path}/KEY`, boss, { isSecret: false }),
    await call("GET", `${path}/KEY`, assembled.admin),
    await call("GET", "/me/envvars", member),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 400, 200, 200]);
  expect(JSON.stringify(answers)).not.toContain("hush");
  expect(answers[2]?.body).toMatchObject({ key: "KEY", value: "", isSecret: true, redacted: true });
  expect((await call("POST", path, boss, { key: "KEY", value: "x" })).status).toBe(409);
  expect((await call("POST", path, boss, { key: "1KEY", value: "x" })).status).toBe(400);
  expect((await call("GET", path, member)).status).toBe(403);
  const opened = await call("PATCH", `${path}/KEY`, boss, { value: "open", isSecret: false });
  expect(opened.body).toMatchObject({ value: "open", isSecret: false });
  expect((await call("DELETE", `${path}/KEY`, boss)).status).toBe(204);
  expect((await call("GET", `${path}/KEY`, boss)).status).toBe(404);
});

test("a user's secrets are told to that user only, and only one at a time", async () => {
  const created = await call("POST", "/me/envvars", member, { key: "TOKEN", value: "hush", isSecret: true });
  expect(created.status).toBe(201);
  expect((await call("GET", "/me/envvars/TOKEN", member)).body).toMatchObject({
    value: "hush",
    origin: "user",
  });
  expect((await call("GET", "/users/mem/envvars/TOKEN", member)).body).toMatchObject({ value: "hush" });
  const others = [
    await call("GET", "/users/mem/envvars/TOKEN", assembled.admin),
    await call("PATCH", "/users/mem/envvars/TOKEN", assembled.admin, {}),
    await call("PATCH", "/users/mem/envvars/TOKEN", assembled.admin, { isSecret: false }),
    await call("GET", "/users/mem/envvars", assembled.admin),
    await call("GET", "/me/envvars", member),
  ];
  expect(others.map(({ status }) => status)).toEqual([200, 200, 400, 200, 200]);
  expect(JSON.stringify([created, ...others])).not.toContain("hush");
  const listed = envVar.array().parse((await call("GET", "/me/envvars", member)).body);
  expect(listed.map(({ key, origin }) => [key, origin])).toEqual([
    ["REGION", "org"],
    ["TOKEN", "user"],
  ]);
  expect((await call("DELETE", "/me/envvars/TOKEN", member)).status).toBe(204);
  expect((await call("GET", "/me/envvars/TOKEN", member)).status).toBe(404);
});

test("an organization with users is deleted only with a word about them", async () => {
  await asAdmin("POST", "/organizations", { name: "old" });
  const stay = await addUser(assembled, "stay", { org: "old" });
  await addUser(assembled, "stay2", { org: "old" });
  const path = "/organizations/old";
  expect((await asAdmin("DELETE", path)).status).toBe(409);
  expect((await asAdmin("DELETE", path, {})).status).toBe(409);
  expect((await asAdmin("DELETE", path, { moveUsersToOrg: "old" })).status).toBe(400);
  expect((await asAdmin("DELETE", path, { moveUsersToOrg: "nowhere" })).status).toBe(404);
  expect((await call("GET", "/me/profile", stay)).body).toMatchObject({ organization: "old" });

  const limited = textOf(
    (await asAdmin("POST", "/me/tokens", { name: "orgs", scopes: ["org:*"] })).body,
    "token",
  );
  expect((await call("DELETE", path, bearer(limited), { moveUsersToOrg: "acme" })).status).toBe(403);
  expect((await call("DELETE", path, bearer(limited), { preserveWorkspaces: true })).status).toBe(403);

  expect((await asAdmin("DELETE", path, { moveUsersToOrg: "acme" })).status).toBe(204);
  expect((await asAdmin("GET", path)).status).toBe(404);
  for (const username of ["stay", "stay2"]) {
    expect((await asAdmin("GET", `/users/${username}/profile`)).body).toMatchObject({ organization: "acme" });
  }

  await asAdmin("POST", "/organizations", { name: "gone" });
  await addUser(assembled, "goner", { org: "gone" });
  expect((await asAdmin("DELETE", "/organizations/gone", { preserveWorkspaces: true })).status).toBe(204);
  expect((await asAdmin("GET", "/users/goner/profile")).status).toBe(404);
});
