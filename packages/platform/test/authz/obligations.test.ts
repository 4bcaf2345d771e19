import { expect, test } from "vitest";
import { about, startAuthz, tokenOf } from "./harness.ts";

const owner = { owner: "alice" };

/** The obligations of the documented table (grpc-behaviour section 8), by caller. */
const table = [
  { request: about("workspace:list"), alice: { username: "alice" }, boss: { org: "acme" }, root: {} },
  { request: about("session:list"), alice: { username: "alice" }, boss: { org: "acme" }, root: {} },
  { request: about("user:list"), alice: { org: "acme" }, boss: { org: "acme" }, root: {} },
  { request: about("org:list"), alice: { org: "acme" }, boss: { org: "acme" }, root: {} },
  {
    request: about("role:list"),
    alice: { org: "acme", global_roles: "true" },
    boss: { org: "acme", global_roles: "true" },
    root: { global_roles: "true" },
  },
  {
    request: about("workspace:list", { attributes: owner }),
    alice: { username: "alice" },
    boss: {},
    root: {},
  },
  {
    request: about("token:create", { attributes: owner, context: { source: "api" } }),
    alice: { scopes: '["*"]', expires_in: "never" },
    boss: { scopes: '["*"]', expires_in: "never" },
    root: { scopes: '["*"]', expires_in: "never" },
  },
  {
    request: about("user:create", { id: "newcomer", attributes: { org: "acme" } }),
    boss: { sudo: "true", roles: '["org-admin","developer","acme-dev","acme-ops"]' },
    root: { sudo: "true" },
  },
  {
    request: about("user:write", { id: "alice", context: { data_type: "roles" } }),
    boss: { roles: '["org-admin","developer","acme-dev","acme-ops"]' },
    root: {},
  },
  { request: about("audit:list"), boss: { org: "acme" }, root: {} },
  {
    request: about("session:start", {
      id: "w",
      attributes: owner,
      context: { session_type: "shell", session_source: "api-server" },
    }),
    alice: { record: "none" },
  },
];

test.each(table)("$request.action carries the documented obligations", async ({ request, ...expected }) => {
  const { client } = await startAuthz();
  for (const [username, obligations] of Object.entries(expected)) {
    const response = await client.evaluate({ ...request, token: tokenOf(username) });
    expect(response, username).toMatchObject({ allowed: true });
    expect(response.obligations, username).toEqual(obligations);
  }
});

test.each([
  ["web", '["password","web"]'],
  ["ssh", '["publickey","password","device"]'],
])(
  "everybody, administrators too, may sign in by %s with the methods of the policy",
  async (surface, methods) => {
    const { client } = await startAuthz();
    for (const username of ["alice", "boss", "root"]) {
      const request = about("user:auth", {
        id: username,
        attributes: { idp: "local" },
        context: { surface },
      });
      const response = await client.evaluate({ ...request, token: tokenOf(username) });
      expect(response).toMatchObject({ allowed: true, obligations: { auth_methods: methods } });
    }
  },
);

test("an obligation that needs an unreachable Identity denies", async () => {
  const { client, identity } = await startAuthz();
  identity.failing = true;
  const request = about("user:create", { id: "newcomer", attributes: { org: "acme" } });
  expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed).toBe(false);
  identity.failing = false;
  expect((await client.evaluate({ ...request, token: tokenOf("boss") })).allowed).toBe(true);
});
