import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onboardRule, queryDescriptor } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assembled, addUser, type Credentials, startAssembled } from "./assembled.ts";

const idp = "idp.k8shell.io/git";
const path = "/organizations/acme/onboard-rules";

let assembled: Assembled;
let boss: Credentials;

const call: Assembled["call"] = (...request) => assembled.call(...request);
const asAdmin = (method: string, at: string, body?: unknown) => call(method, at, assembled.admin, body);

const idOf = (answer: { body: unknown }): number => onboardRule.parse(answer.body).id;

/** Somebody whom a rule `waitlist` caught, as signing in at an identity provider would leave them. */
const letWait = (id: number, username: string, org: string, roles: string[] = []) => {
  const db = new DatabaseSync(join(assembled.server.dataDir, "identity.db"));
  const now = Date.now();
  db.prepare(
    `insert into onboard_rules (id, idp, username_pattern, org, action, priority, status, roles, sudo, fullname, email,
       note, subject, requested_at, decided_at, decided_by, created_at, updated_at)
     values (?, ?, ?, ?, 'waitlist', 100, 'pending', ?, 0, 'Full Name', ?, '', ?, ?, null, '', ?, ?)`,
  ).run(
    id,
    idp,
    username,
    org,
    JSON.stringify(roles),
    `${username}@x.test`,
    `sub-${username}`,
    now,
    now,
    now,
  );
  db.close();
};

beforeAll(async () => {
  assembled = await startAssembled();
  await asAdmin("POST", "/organizations", { name: "acme" });
  boss = await addUser(assembled, "boss", { org: "acme", roles: ["org-admin"] });
});

afterAll(() => assembled?.close());

test("a rule is created, replaced as a whole, queried and deleted", async () => {
  const created = await call("POST", path, boss, {
    idp,
    usernamePattern: "dev-*",
    action: "allow",
    priority: 5,
    roles: ["developer"],
    note: "developers",
  });
  expect(created.status).toBe(201);
  expect(onboardRule.parse(created.body)).toMatchObject({
    org: "acme",
    action: "allow",
    status: "none",
    priority: 5,
    roles: ["developer"],
    note: "developers",
  });
  const id = idOf(created);
  const replaced = await call("PATCH", `${path}/${id}`, boss, { action: "reject" });
  expect(replaced.body).toMatchObject({ id, usernamePattern: "dev-*", action: "reject", priority: 0 });
  expect(replaced.body).not.toHaveProperty("note");
  expect(replaced.body).not.toHaveProperty("roles");

  const descriptor = queryDescriptor.parse((await call("GET", `${path}/_schema`, boss)).body);
  expect(descriptor).toMatchObject({ resource: "onboardRules", defaultSort: [{ field: "priority" }] });
  expect((await call("POST", `${path}/_query`, boss)).body).toEqual([replaced.body]);
  const none = { filters: { conditions: [{ field: "action", op: "eq", value: "allow" }] } };
  expect((await call("POST", `${path}/_query`, boss, none)).body).toEqual([]);
  expect((await call("DELETE", `${path}/${id}`, boss)).status).toBe(204);
  expect((await call("DELETE", `${path}/${id}`, boss)).status).toBe(404);
  expect((await call("POST", path, boss, { idp, usernamePattern: "x", action: "not-defined" })).status).toBe(
    400,
  );
  const nowhere = { idp, usernamePattern: "x", action: "allow" };
  expect((await asAdmin("POST", "/organizations/nowhere/onboard-rules", nowhere)).status).toBe(400);
});

test("rules of another organization can be neither found nor changed", async () => {
  const body = { idp, usernamePattern: "*", action: "allow" };
  const id = idOf(await asAdmin("POST", "/organizations/default/onboard-rules", body));
  letWait(9001, "waiter", "default");
  const either = {
    filters: {
      op: "or",
      conditions: [
        { field: "org", op: "eq", value: "default" },
        { field: "idp", op: "eq", value: "*" },
      ],
    },
    obligations: { org: "default" },
  };
  expect((await call("POST", `${path}/_query`, boss, either)).body).toEqual([]);
  expect((await call("POST", "/organizations/default/onboard-rules/_query", boss)).status).toBe(403);
  expect((await call("PATCH", `/organizations/default/onboard-rules/${id}`, boss, body)).status).toBe(403);
  for (const credentials of [boss, assembled.admin]) {
    expect((await call("PATCH", `${path}/${id}`, credentials, { action: "reject" })).status).toBe(404);
    expect((await call("DELETE", `${path}/${id}`, credentials)).status).toBe(404);
    expect((await call("POST", `${path}/9001/approve`, credentials, {})).status).toBe(404);
    expect((await call("POST", `${path}/9001/reject`, credentials, {})).status).toBe(404);
  }
});

test("who waits is approved or rejected in the name of the caller", async () => {
  letWait(9002, "anna", "acme", ["developer"]);
  letWait(9003, "ben", "acme");
  const waiting = { filters: { conditions: [{ field: "status", op: "eq", value: "pending" }] } };
  expect((await call("POST", `${path}/_query`, boss, waiting)).body).toMatchObject([
    { id: 9002, usernamePattern: "anna", status: "pending", requestedAt: expect.any(String) },
    { id: 9003, usernamePattern: "ben" },
  ]);
  const anna = await call("POST", `${path}/9002/approve`, boss, {});
  expect(anna.status).toBe(200);
  expect(anna.body).toMatchObject({
    username: "anna",
    organization: "acme",
    roles: ["developer"],
    source: idp,
  });
  const ben = await call("POST", `${path}/9003/reject`, boss, { note: "not now" });
  expect(onboardRule.parse(ben.body)).toMatchObject({
    status: "rejected",
    decidedBy: "boss",
    note: "not now",
  });
  expect((await call("POST", `${path}/9003/approve`, boss, {})).status).toBe(404);
});

test("nobody can be let in with a role that is not the caller's to give", async () => {
  const rule = { idp, usernamePattern: "evil", action: "allow", roles: ["admin"] };
  expect((await call("POST", path, boss, rule)).status).toBe(403);
  const id = idOf(await asAdmin("POST", path, { ...rule, action: "reject" }));
  expect((await call("PATCH", `${path}/${id}`, boss, { action: "allow", roles: ["admin"] })).status).toBe(
    403,
  );
  letWait(9004, "eve", "acme", ["admin"]);
  expect((await call("POST", `${path}/9004/approve`, boss, {})).status).toBe(403);
  expect((await asAdmin("GET", "/users/eve/profile")).status).toBe(404);
});
