import { stat } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { inProcessChannel } from "@k8shell/rpc";
import { expect, onTestFinished, test } from "vitest";
import { createAuthz } from "../../src/authz/index.ts";
import { createSession } from "../../src/session/index.ts";
import { startIdentity } from "../identity/start-identity.ts";
import { sqliteFiles, testPostgres } from "../postgres/test-database.ts";
import { about } from "./harness.ts";

/** The three real services: acme with anna (org-admin) and abe, zeta with zoe. */
const start = async () => {
  const { client: identity, dataDir } = await startIdentity();
  for (const name of ["acme", "zeta"]) await identity.createOrganization({ name });
  await identity.createRole({ name: "tester", org: "acme" });
  const users = [
    { username: "anna", organization: "acme", roles: ["org-admin"] },
    { username: "abe", organization: "acme", roles: ["developer"] },
    { username: "zoe", organization: "zeta", roles: ["org-admin"] },
  ];
  for (const user of users) await identity.createUser(user);
  const postgres = await testPostgres(dataDir);
  const authz = await createAuthz({ dataDir, postgres, identity, log: silentLog, decisionTtlMs: 1 });
  const session = await createSession({ dataDir, postgres, identity, log: silentLog });
  onTestFinished(async () => {
    await authz.close();
    await session.close();
  });
  const tokenOf = async (username: string) =>
    (await identity.issueUserToken({ username, source: "local" })).userToken;
  return {
    dataDir,
    identity,
    tokenOf,
    authz: inProcessChannel(authz.registrations).client(AuthzService),
    session: inProcessChannel(session.registrations).client(SessionService),
  };
};

test("tokens, organizations and roles of the real Identity decide", async () => {
  const { authz, tokenOf } = await start();
  const readAbes = about("workspace:read", { id: "w", attributes: { owner: "abe" } });
  const allowed = async (username: string) =>
    (await authz.evaluate({ ...readAbes, token: await tokenOf(username) })).allowed;
  expect(await allowed("abe")).toBe(true);
  expect(await allowed("anna")).toBe(true);
  expect(await allowed("zoe")).toBe(false);
});

test("an administrator of an organization may give its roles, and not those of the platform", async () => {
  const { authz, tokenOf } = await start();
  const request = about("user:write", { id: "abe", context: { data_type: "roles" } });
  const { obligations } = await authz.evaluate({ ...request, token: await tokenOf("anna") });
  expect(JSON.parse(obligations.roles ?? "")).toEqual(["org-admin", "developer", "tester"]);
});

test("a user who moves to another organization is out of reach of the old one's administrator", async () => {
  const { authz, identity, tokenOf } = await start();
  const request = about("user:delete", { id: "abe" });
  const token = await tokenOf("anna");
  expect((await authz.evaluate({ ...request, token })).allowed).toBe(true);
  await identity.updateUser({ username: "abe", org: "zeta" });
  await expect.poll(async () => (await authz.evaluate({ ...request, token })).allowed).toBe(false);
});

test("sessions are listed by the organization and roles of the real Identity", async () => {
  const { session } = await start();
  for (const username of ["anna", "abe", "zoe"]) {
    await session.upsertSession({ session: { sessionId: `of-${username}`, username } });
  }
  const list = async (filter: { org?: string; roles?: string[] }) =>
    (await session.getSessions(filter)).sessions.map(({ username }) => username);
  expect(await list({ org: "acme" })).toEqual(["anna", "abe"]);
  expect(await list({ roles: ["org-admin"] })).toEqual(["anna", "zoe"]);
  expect(await list({ roles: ["org-admin"], org: "zeta" })).toEqual(["zoe"]);
});

test("databases and their side files are nobody else's to read", async () => {
  const { dataDir, session } = await start();
  await session.upsertSession({ session: { sessionId: "a", username: "abe" } });
  for (const name of sqliteFiles("authz.db", "session.db", "session.db-wal")) {
    expect((await stat(join(dataDir, name))).mode & 0o077, name).toBe(0);
  }
});
