import { allRoutes, isScope, type RouteSpec, routePath } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultConfig } from "../src/config/config.ts";
import {
  type Assembled,
  bearer,
  type Credentials,
  createWorkspace,
  handshakeStatus,
  signInOnce,
  startAssembled,
  textOf,
} from "./assembled.ts";
import {
  type Case,
  casesOf,
  coveredRoutes,
  everyScopeBut,
  gitCredential,
  grantable,
  scopesOf,
} from "./authorization-cases.ts";

let assembled: Assembled;
let workspace: string;
let jobId: string;
const tokens: Record<string, Credentials> = {};

let tokenCount = 0;

const createToken = async (owner: string, scopes: readonly string[]): Promise<Credentials> => {
  const body = { name: `matrix-${++tokenCount}`, scopes };
  const { admin, api } = assembled;
  return bearer(textOf(await api("POST", `/users/${owner}/tokens`, { credentials: admin, body }), "token"));
};

/** A JWT, new each time, because some requests of the matrix end those issued before. */
const jwtOf = async (owner: string): Promise<Credentials> => {
  const credentials = tokens[owner];
  return bearer(
    textOf(await assembled.api("POST", `/internal/users/${owner}/token`, { credentials }), "token"),
  );
};

let browser: Credentials;

beforeAll(async () => {
  // It makes hundreds of tokens in a few seconds.
  const config = defaultConfig();
  assembled = await startAssembled({ ...config, limits: { ...config.limits, enabled: false } });
  const { admin, api, server } = assembled;
  for (const name of ["alice", "mallory"]) {
    const body = { username: name, org: "default", roles: ["developer"] };
    await api("POST", "/users", { credentials: admin, body });
    tokens[name] = await createToken(name, ["*"]);
  }
  tokens.admin = admin;
  browser = await signInOnce(server.oneTimeLink ?? "");
  ({ workspace, jobId } = await createWorkspace(assembled, "alice", tokens.alice ?? {}));
});

afterAll(async () => {
  await assembled?.close();
});

/** A git credential of alice's, made anew when the last one has been deleted. */
const credentialId = async (): Promise<string> => {
  const { admin, api } = assembled;
  const list = async (): Promise<unknown> => api("GET", "/users/alice/credentials", { credentials: admin });
  const find = (found: unknown) => (Array.isArray(found) ? found : []).find((c) => c.serviceName === "git");
  if (!find(await list())) {
    await api("POST", "/users/alice/credentials/git", { credentials: admin, body: gitCredential });
  }
  return String(find(await list())?.id);
};

const send = async (spec: RouteSpec, item: Case, credentials: Credentials): Promise<number> => {
  const params: Record<string, string> = {
    username: "alice",
    name: workspace,
    job_id: jobId,
    ...item.params,
  };
  if (params.name === "{credential}") params.name = await credentialId();
  const path = routePath(spec).replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const query = new URLSearchParams(item.query);
  if (query.get("id") === "{credential}") query.set("id", await credentialId());
  const url = query.size === 0 ? path : `${path}?${query}`;
  if (Object.values(spec.responses).includes("websocket")) {
    return handshakeStatus(assembled.server, url, credentials);
  }
  const { body, bytes } = item;
  const response = await assembled.request(spec.method, url, { credentials, body, bytes });
  await response.arrayBuffer();
  return response.status;
};

/** 401, 403, or `in` for every other answer that is no failure of the server. */
const verdictOf = (status: number): string =>
  status === 401 || status === 403 ? String(status) : status < 500 ? "in" : `failed with ${status}`;

test("every route has its cases", () => {
  expect(coveredRoutes().sort()).toEqual(allRoutes.map(({ operationId }) => operationId).sort());
  const dynamic = allRoutes.filter(({ permission }) => permission.kind === "dynamic");
  for (const { operationId } of dynamic) {
    expect(
      casesOf(operationId).every(({ scopes, anyScope }) => (scopes ?? anyScope ?? []).length > 0),
      operationId,
    ).toBe(true);
  }
});

test("a page of another site can use a browser's session neither to write nor to open a terminal", async () => {
  const { request, server } = assembled;
  const credentials = { ...browser, origin: "https://evil.example" };
  const body = { fullname: "Mallory was here" };
  expect((await request("PATCH", "/api/v1/me/profile", { credentials, body })).status).toBe(403);
  const path = `/api/v1/workspaces/${workspace}/interactive?tab=evil`;
  expect(await handshakeStatus(server, path, credentials)).toBe(403);
});

test("an administrator of an organization can make nobody an administrator of the platform", async () => {
  const { admin, api, request } = assembled;
  const boss = { username: "boss", org: "default", roles: ["org-admin"] };
  await api("POST", "/users", { credentials: admin, body: boss });
  const credentials = await createToken("boss", ["*"]);
  const roles = ["admin"];
  const attempts: ReadonlyArray<readonly [string, string, unknown]> = [
    ["POST", "/users/alice/roles", { roles }],
    ["PATCH", "/users/alice/profile", { roles: ["developer", ...roles] }],
    ["POST", "/users", { username: "stooge", org: "default", roles }],
    ["POST", "/me/roles", { roles }],
    ["PATCH", "/me/profile", { roles: ["org-admin", ...roles] }],
    ["PUT", "/users/admin/password", { password: "taken over by boss" }],
    ["POST", "/users/admin/tokens", { name: "stolen", scopes: ["*"] }],
    ["DELETE", "/users/admin", {}],
  ];
  for (const [method, path, body] of attempts) {
    const response = await request(method, `/api/v1${path}`, { credentials, body });
    expect(response.status, `${method} ${path}`).toBe(403);
  }
  expect(await api("GET", "/users/alice/profile", { credentials })).toMatchObject({ roles: ["developer"] });
  const allowed = await request("POST", "/api/v1/users", {
    credentials,
    body: { username: "colleague", org: "default", roles: ["developer", "org-admin"] },
  });
  expect(allowed.status).toBe(201);
});

test("a limited token makes no token that can do more", async () => {
  const { request } = assembled;
  const credentials = await createToken("alice", ["token:create", "token:write", "workspace:read"]);
  const create = async (scopes: string[]) => {
    const body = { name: `grown-${scopes.join("-")}`, scopes };
    return (await request("POST", "/api/v1/me/tokens", { credentials, body })).status;
  };
  expect(await create(["*"])).toBe(403);
  expect(await create(["workspace:*"])).toBe(403);
  expect(await create(["workspace:read", "workspace:delete:self"])).toBe(403);
  expect(await create(["workspace:read:self"])).toBe(201);
});

/** Signing out ends the session that the other tests use. */
const logoutLast = allRoutes.toSorted(
  (a, b) => Number(a.operationId === "logout") - Number(b.operationId === "logout"),
);

test.each(logoutLast.map((spec) => [spec.operationId, spec] as const))(
  "%s lets in who may, and nobody else",
  async (id, spec) => {
    const items = casesOf(id);
    expect(items).not.toEqual([]);
    const isPublic = spec.permission.kind === "public";
    for (const item of items) {
      const letter = (who: string) => (isPublic || item.who.includes(who) ? "in" : "403");
      const holder = item.who.includes("o") ? "alice" : "admin";
      const needed = scopesOf(spec, item);
      const forged = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZG1pbiIsInJvbGVzIjpbImFkbWluIl0sImV4cCI6OWU5fQ.AAAA";
      const found: Record<string, string> = {};
      const expected: Record<string, string> = {};
      const attempt = async (who: string, credentials: Credentials, verdict: string) => {
        found[who] = verdictOf(await send(spec, item, credentials));
        expected[who] = verdict;
      };
      // Who is refused comes first: a request that is let in may change things.
      await attempt("anonymous", {}, isPublic ? "in" : "401");
      await attempt("a forged token", bearer(forged), isPublic ? "in" : "401");
      await attempt("an unknown token", bearer(`k8sh_${"A".repeat(43)}`), isPublic ? "in" : "401");
      await attempt("an unknown session", { cookie: "k8shell-session=AAAA" }, isPublic ? "in" : "401");
      const others = await createToken(holder, everyScopeBut(item.anyScope ?? needed));
      const needsNoScope = isPublic || spec.permission.kind === "authenticated";
      await attempt(`${holder} without the scope`, others, needsNoScope ? "in" : "403");
      await attempt("a stranger", tokens.mallory ?? {}, letter("s"));
      await attempt("the owner", await jwtOf("alice"), letter("o"));
      const holds = isPublic || item.who !== "" ? "in" : "403";
      await attempt(`${holder} with the scope`, await createToken(holder, needed), holds);
      // Web sessions are turned away from the internal endpoint; the administrator has none elsewhere to fear.
      await attempt("the administrator", browser, letter("A"));
      await attempt("the administrator's token", assembled.admin, letter("A"));
      expect(found, item.note).toEqual(expected);
    }
  },
);

/** Routes whose scope may be limited to one's own things, with a case that lets the owner in. */
const selfRoutes = allRoutes.flatMap((spec) => {
  const { permission, operationId } = spec;
  const item = casesOf(operationId).find(({ who }) => who.includes("o"));
  if (permission.kind !== "action" || !item) return [];
  if (permission.target === "collection" || permission.target === "everything") return [];
  const self = `${grantable(permission.scope.replace("{name}", item.params?.name ?? ""))}:self`;
  return isScope(self) ? [{ operationId, spec, item, self }] : [];
});

test.each(selfRoutes)("$operationId takes a token with $self for one's own things only", async (route) => {
  const { spec, item, self } = route;
  expect(verdictOf(await send(spec, item, await createToken("alice", [self])))).toBe("in");
  const isMine = spec.path.startsWith("/me");
  expect(verdictOf(await send(spec, item, await createToken("admin", [self])))).toBe(isMine ? "in" : "403");
});

test("a trailing slash, an odd case of the user and HEAD do not go around the guard", async () => {
  const { request, admin } = assembled;
  const mallory = tokens.mallory ?? {};
  for (const path of ["/users/alice/profile", "/users/ALICE/profile", "/users/%61lice/profile/"]) {
    expect((await request("GET", `/api/v1${path}`)).status, path).toBe(401);
    expect((await request("GET", `/api/v1${path}`, { credentials: mallory })).status, path).toBe(403);
    expect((await request("GET", `/api/v1${path}`, { credentials: admin })).status, path).toBe(200);
    expect((await request("HEAD", `/api/v1${path}`, { credentials: mallory })).status, path).not.toBe(200);
  }
});
