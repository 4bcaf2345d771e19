import {
  allRoutes,
  isScope,
  type RouteSpec,
  routePath,
  type routes,
  wildcardPrefixes,
} from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Assembled,
  bearer,
  type Credentials,
  createWorkspace,
  handshakeStatus,
  startAssembled,
  textOf,
} from "./assembled.ts";

/**
 * Who may do what over HTTP, for every route of the route table and for the WebSocket upgrade. Everything is about
 * things of the user `alice`, in the organization `default`. Each case says who is let in; everybody else must get 403
 * and the anonymous 401:
 *   o  alice, the owner    s  mallory, a stranger with a token of scope *    A  the administrator
 * In addition each case is tried with a token that has every scope but the one needed (403) and with one that has only
 * the one needed, of the first of `o` and `A` who is let in.
 */
interface Case {
  readonly who: "" | "o" | "os" | "oA" | "osA" | "A";
  /** Values of the path's parameters; default: alice and her workspace. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Scopes that a token needs, where the route leaves the decision to its handler. */
  readonly scopes?: readonly string[];
  /** Scopes of which any lets a token in. */
  readonly anyScope?: readonly string[];
  readonly note?: string;
}

// A guard decides before it looks at the rest of a request. These make requests that change nothing when let in.
const invalid = { body: { preserveWorkspaces: "maybe", password: 5, roles: 5, keys: 5, scopes: 5 } };
const missing = "999999";

const mine = (item: Omit<Case, "who">): Case => ({ who: "osA", ...item });
const alices = (item: Omit<Case, "who"> = {}): Case => ({ who: "oA", ...item });
const adminOnly = (item: Omit<Case, "who"> = {}): Case => ({ who: "A", ...item });
const open = (item: Omit<Case, "who"> = {}): Case => ({ who: "osA", ...item });

const sensitive = [
  { body: { sudo: false }, scopes: ["user:write:sudo"], note: "sudo" },
  { body: { locked: false }, scopes: ["user:write:locked"], note: "locked" },
  { body: { org: "default" }, scopes: ["user:write:org"], note: "org" },
  { body: { roles: ["developer"] }, scopes: ["user:write:roles"], note: "roles" },
];
const credentialScope = (verb: string) => [`user:${verb}:credentials:git`];
const anyCredential = ["git", "registry", "kubernetes"].map((kind) => `user:read:credentials:${kind}`);
const gitCredential = { scope: "https://git.example", subject: "alice", secret: "s3cret" };
const newToken = { name: "made-by-the-matrix", scopes: ["token:create"] };
const username = { username: "alice" };

const cases: Readonly<Record<keyof typeof routes, readonly Case[]>> = {
  healthcheck: [open()],
  livez: [open()],
  readyz: [open()],
  getOpenApi: [open()],
  getDocs: [open()],
  getDocsAsset: [open({ params: { asset: "none.js" } })],
  listProviders: [open()],
  login: [open({ query: { provider: "idp.k8shell.io/local" } })],
  postCallback: [open({ body: { state: "x", code: "y" } })],
  getCallback: [open({ query: { state: "x", code: "y" } })],
  getRootCallback: [open({ query: { state: "x", code: "y" } })],
  logout: [open()],
  pollToken: [open({ query: { state: "0123456789abcdef0123456789abcdef" } })],
  issueInternalToken: [{ who: "o" }],

  listUsers: [open()],
  createUser: [adminOnly({ body: { username: "newcomer", org: "default" }, scopes: ["user:*"] })],
  deleteUserAccount: [adminOnly({ params: { username: "nobody-of-that-name" } }), adminOnly(invalid)],
  deleteMyAccount: [adminOnly(invalid)],
  getUserProfile: [alices()],
  getMyProfile: [mine({})],
  updateUserProfile: [
    alices({ body: { fullname: "Alice" }, scopes: ["user:write:profile"], note: "profile" }),
    ...sensitive.map(adminOnly),
    adminOnly({
      body: { fullname: "Alice", sudo: false },
      scopes: ["user:write:profile", "user:write:sudo"],
    }),
  ],
  updateMyProfile: [
    mine({ body: { fullname: "Me" }, scopes: ["user:write:profile"], note: "profile" }),
    // What the administrator has already: losing a right would end the session.
    adminOnly({ body: { sudo: true }, scopes: ["user:write:sudo"], note: "sudo" }),
    adminOnly({ body: { fullname: "Me", sudo: true }, scopes: ["user:write:profile", "user:write:sudo"] }),
  ],
  clearUserPasswordLockout: [adminOnly()],
  clearMyPasswordLockout: [adminOnly()],
  setUserPassword: [alices(invalid)],
  setMyPassword: [mine(invalid)],
  addUserRoles: [adminOnly(invalid), adminOnly({ body: { roles: ["developer"] } })],
  addMyRoles: [adminOnly(invalid)],
  removeUserRoles: [adminOnly(invalid)],
  removeMyRoles: [adminOnly(invalid)],
  listUserBlueprints: [alices()],
  listMyBlueprints: [mine({})],
  getUserCapabilities: [alices()],
  getMyCapabilities: [mine({})],
  listUserKeys: [alices()],
  listMyKeys: [mine({})],
  addUserKeys: [alices(invalid)],
  addMyKeys: [mine(invalid)],
  deleteUserKey: [alices({ params: { index: missing } })],
  deleteMyKey: [mine({ params: { index: missing } })],

  listSessions: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  listUserSessions: [alices()],
  listMySessions: [mine({})],

  listUserCredentials: [alices({ anyScope: anyCredential })],
  listMyCredentials: [mine({ anyScope: anyCredential })],
  getUserCredential: [
    alices({ params: { name: "git" }, query: { scope: "https://git.example" } }),
    alices({ params: { name: "registry" } }),
    alices({ params: { name: "kubernetes" } }),
  ],
  getMyCredential: [mine({ params: { name: "git" } })],
  updateUserCredential: [
    alices({ query: { id: "{credential}" }, body: { active: true }, scopes: credentialScope("write") }),
  ],
  updateMyCredential: [
    mine({ query: { id: "{credential}" }, body: { active: true }, scopes: credentialScope("write") }),
  ],
  deleteUserCredential: [alices({ query: { id: "{credential}" }, scopes: credentialScope("write") })],
  deleteMyCredential: [mine({ query: { id: "{credential}" }, scopes: credentialScope("write") })],
  addUserKubernetesCredential: [alices(invalid)],
  addMyKubernetesCredential: [mine(invalid)],
  addUserGitCredential: [alices({ body: gitCredential })],
  addMyGitCredential: [mine({ body: gitCredential })],
  addUserRegistryCredential: [alices(invalid)],
  addMyRegistryCredential: [mine(invalid)],

  listUserTokens: [alices()],
  listMyTokens: [mine({})],
  createUserToken: [alices(invalid), alices({ body: newToken })],
  createMyToken: [mine(invalid)],
  updateUserToken: [alices({ params: { id: missing }, body: { active: true } })],
  updateMyToken: [mine({ params: { id: missing }, body: { active: true } })],
  revokeUserToken: [alices({ params: { id: missing } })],
  revokeMyToken: [mine({ params: { id: missing } })],

  listWorkspaces: [open(), alices({ query: username }), open({ query: { all: "true" } })],
  createWorkspace: [
    alices({ body: { username: "alice", blueprint: "no-such-blueprint" }, scopes: ["workspace:create"] }),
    alices({
      body: {
        username: "alice",
        blueprint: "dev",
        workloadKind: "deployment",
        workloadName: "web",
        namespace: "none",
      },
      scopes: ["workspace:create"],
      note: "inject",
    }),
  ],
  getWorkspace: [alices()],
  deleteWorkspace: [alices({ query: { delete: "maybe" } })],
  getWorkspaceSystemInfo: [alices()],
  openTerminal: [alices({ query: { tab: "matrix" } })],
  listApps: [alices()],
  getAppLogs: [alices({ params: { app: "none" } })],
  installApp: [alices({ params: { app: "none" } })],
  startApp: [alices({ params: { app: "none" } })],
  stopApp: [alices({ params: { app: "none" } })],
  downloadFile: [alices({ query: { path: ".", format: "tar" } })],
  uploadFile: [alices({ query: { path: "from-the-matrix.txt" }, bytes: new TextEncoder().encode("hello") })],
  getJob: [alices()],
};

const casesOf = (id: string): readonly Case[] =>
  Object.entries(cases).find(([name]) => name === id)?.[1] ?? [];

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

/** The administrator's browser session, by the one-time link and every redirect after it. */
const browserOf = async (link: string): Promise<Credentials> => {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  let url = link;
  for (let hop = 0; hop < 6 && url !== ""; hop++) {
    const response = await fetch(url, { redirect: "manual", headers: { cookie: cookie() } });
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    url = location === null ? "" : new URL(location, url).href;
  }
  if (!cookies.has("k8shell-session")) throw new Error("the one-time link did not sign in");
  return { cookie: cookie(), origin: assembled.server.url };
};

let browser: Credentials;

beforeAll(async () => {
  assembled = await startAssembled();
  const { admin, api, server } = assembled;
  for (const name of ["alice", "mallory"]) {
    const body = { username: name, org: "default", roles: ["developer"] };
    await api("POST", "/users", { credentials: admin, body });
    tokens[name] = await createToken(name, ["*"]);
  }
  tokens.admin = admin;
  browser = await browserOf(server.oneTimeLink ?? "");
  ({ workspace, jobId } = await createWorkspace(assembled, "alice", tokens.alice ?? {}));
}, 120_000);

afterAll(async () => {
  await assembled?.close();
}, 60_000);

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

/** The narrowest scope that covers one without a scope of its own. */
const grantable = (scope: string): string => {
  if (isScope(scope)) return scope;
  const prefix = wildcardPrefixes.find((candidate) => scope.startsWith(`${candidate}:`));
  return prefix === undefined ? "*" : `${prefix}:*`;
};

const scopesOf = ({ permission }: RouteSpec, item: Case): readonly string[] => {
  if (permission.kind === "public") return ["audit:list"];
  if (permission.kind === "dynamic") return item.scopes ?? item.anyScope?.slice(0, 1) ?? [];
  const name = item.params?.name ?? "";
  return [grantable(permission.scope.replace("{name}", name))];
};

const everyScopeBut = (scopes: readonly string[]): string[] => {
  const exact = allRoutes.flatMap(({ permission }) =>
    permission.kind === "action"
      ? [permission.scope]
      : permission.kind === "dynamic"
        ? permission.actions.map((a) => a.scope)
        : [],
  );
  const covers = (scope: string) =>
    scopes.some(
      (needed) => needed === scope || (needed.endsWith(":*") && scope.startsWith(needed.slice(0, -1))),
    );
  return [...new Set([...exact, "audit:list", "role:list"])].filter(
    (scope) => isScope(scope) && !covers(scope),
  );
};

test("every route has its cases", () => {
  expect(Object.keys(cases).sort()).toEqual(allRoutes.map(({ operationId }) => operationId).sort());
  const dynamic = allRoutes.filter(({ permission }) => permission.kind === "dynamic");
  for (const { operationId } of dynamic) {
    const items = Object.entries(cases).find(([id]) => id === operationId)?.[1] ?? [];
    expect(
      items.every(({ scopes, anyScope }) => (scopes ?? anyScope ?? []).length > 0),
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
      await attempt(`${holder} without the scope`, others, isPublic ? "in" : "403");
      await attempt("a stranger", tokens.mallory ?? {}, letter("s"));
      await attempt("the owner", await jwtOf("alice"), letter("o"));
      await attempt(`${holder} with the scope`, await createToken(holder, needed), "in");
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
  if (permission.kind !== "action" || permission.target === "collection" || !item) return [];
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
