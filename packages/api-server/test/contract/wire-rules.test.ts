import { beforeAll, describe, expect, test } from "vitest";
import type { Credentials } from "../assembled.ts";
import { usePlatform } from "./platform.ts";

/** rest-contract, "General wire rules". */

const platform = usePlatform();
const { call, admin } = platform;
let ann: Credentials;
let narrow: Credentials;
beforeAll(async () => {
  ann = await platform.person("ann");
  narrow = await platform.token("ann", ["session:list:self"]);
});

test.each(["/users", "/workspaces", "/sessions", "/me/profile", "/me/credentials", "/auth/providers"])(
  "GET %s answers the same with and without a trailing slash, and never redirects",
  async (path) => {
    const [plain, slashed] = [
      await call("GET", path, { as: admin() }),
      await call("GET", `${path}/`, { as: admin() }),
    ];
    expect([plain.status, slashed.status]).toEqual([200, 200]);
    expect(slashed.text).toBe(plain.text);
  },
);

test.each([
  ["POST", "/workspaces/?x=1", 404, { username: "admin", blueprint: "nope" }],
  ["POST", "/auth/logout/", 204, undefined],
  ["POST", "/users/ann/tokens/", 400, { name: "t", scopes: [] }],
  ["DELETE", "/workspaces/nope/?delete=true", 404, undefined],
] as const)(
  "%s %s with a trailing slash reaches its handler: a redirect would make it a GET",
  async (method, path, status, body) => {
    expect((await call(method, path, { as: admin(), body })).status).toBe(status);
  },
);

describe("errors are {status, msg} with the status of the answer", () => {
  test.each([
    ["400", "GET", "/me/credentials/nope", 400],
    ["404 of a thing", "GET", "/workspaces/nope", 404],
    ["404 of a path", "GET", "/no/such/path", 404],
    ["405", "PUT", "/users", 405],
    ["409", "POST", "/users", 409, { username: "ann", org: "default" }],
    ["a body that is no JSON", "POST", "/workspaces", 400, new TextEncoder().encode("{")],
  ])("%s: %s %s", async (_what, method, path, status, body?: unknown) => {
    // `call` checks the envelope of every error.
    const answer = await call(method, path, { as: admin(), body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/json");
  });
});

describe("credentials", () => {
  const cases: ReadonlyArray<readonly [string, () => Credentials, number]> = [
    ["none", () => ({}), 401],
    ["a token nobody has", () => ({ authorization: `Bearer k8sh_${"A".repeat(43)}` }), 401],
    ["a broken token", () => ({ authorization: "Bearer k8sh_" }), 401],
    ["a broken JWT", () => ({ authorization: "Bearer eyJhbGciOiJub25lIn0.e30." }), 401],
    ["another scheme", () => ({ authorization: "Basic YTpi" }), 401],
    ["an unknown session", () => ({ cookie: "k8shell-session=unknown" }), 401],
    ["a token without the scope", () => narrow, 403],
    ["a token with it", () => ann, 200],
  ];
  test.each(cases)("%s", async (_name, credentials, status) => {
    expect((await call("GET", "/me/profile", { as: credentials() })).status).toBe(status);
  });

  test("policy that denies is 403, whatever the token may", async () => {
    expect((await call("GET", "/users/admin/profile", { as: ann })).status).toBe(403);
  });
});

test.each([
  "/me/sessions",
  "/users/ann/sessions?all=true",
  "/sessions?username=ann&workspace=ann-59936c3&last_n=1",
  "/me/credentials",
  "/me/credentials?id=7",
  "/workspaces",
  "/me/keys",
  "/users/ann/keys?format=digest",
])("an empty list of %s is []", async (path) => {
  const { status, text } = await call("GET", path, { as: ann });
  expect([status, text]).toEqual([200, "[]"]);
});

test("a bodyless POST may announce JSON, have an empty body or send {}", async () => {
  for (const body of [undefined, new Uint8Array(), {}]) {
    const { status } = await call("POST", "/internal/users/ann/token", {
      as: ann,
      body,
      headers: { "content-type": "application/json" },
    });
    expect(status).toBe(200);
  }
});

test("a DELETE may have a JSON body, which counts", async () => {
  await platform.person("leaver");
  const wrong = await call("DELETE", "/users/leaver", { as: admin(), body: { preserveWorkspaces: "yes" } });
  expect(wrong.status).toBe(400);
  const { status } = await call("DELETE", "/users/leaver", {
    as: admin(),
    body: { preserveWorkspaces: true },
  });
  expect(status).toBe(204);
});

test("null and unknown fields of a request count as absent, as Go clients send them", async () => {
  const body = { username: "nil", org: "default", roles: null, shell: null, uid: 0, newerField: [1] };
  const { status, json } = await call("POST", "/users", { as: admin(), body });
  expect([status, json]).toMatchObject([201, { roles: [], shell: "/bin/sh" }]);
});

test("a body of null is none, as Go clients send a body they have not", async () => {
  await platform.person("nobody-left");
  const sent = new TextEncoder().encode("null");
  const json = { "content-type": "application/json" };
  for (const [method, path, status] of [
    ["POST", "/organizations/default/onboard-rules/_query", 200],
    ["DELETE", "/users/nobody-left", 204],
    ["POST", "/users", 400],
  ] as const) {
    const answer = await call(method, path, { as: admin(), body: sent, headers: json });
    expect([method, path, answer.status]).toEqual([method, path, status]);
  }
});

test.each([
  ["/workspaces?username=&all=false", "/workspaces"],
  ["/sessions?username=&workspace=&last_n=", "/sessions"],
  ["/me/credentials?id=", "/me/credentials"],
  ["/me/keys?format=", "/me/keys"],
  ["/me/capabilities?resource_owner=", "/me/capabilities"],
])("%s with nothing in a parameter is %s without it", async (empty, without) => {
  const [shown, wanted] = [await call("GET", empty, { as: ann }), await call("GET", without, { as: ann })];
  expect([shown.status, shown.text]).toEqual([200, wanted.text]);
});

test("a parameter that a request needs is still missing when it is empty", async () => {
  for (const path of ["/auth/token?state=", "/auth/login?provider="]) {
    expect((await call("GET", path)).status).toBe(400);
  }
});

test("usernames in paths need no escaping and no particular case", async () => {
  await platform.person("dot.ted-name_1");
  expect((await call("GET", "/users/Dot.Ted-Name_1/profile", { as: admin() })).json).toMatchObject({
    username: "dot.ted-name_1",
  });
});

test("plain HTTP is served, and no answer sends a client to HTTPS", async () => {
  const { status, headers } = await call("GET", "/me/profile", { as: ann });
  expect([status, headers.get("location"), headers.get("strict-transport-security")]).toEqual([
    200,
    null,
    null,
  ]);
});
