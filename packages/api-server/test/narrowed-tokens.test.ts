import { allRoutes, type RouteSpec, routePath } from "@k8shell/contract";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { defaultConfig } from "../src/config/config.ts";
import { createAppClient } from "./app-host/app-client.ts";
import {
  type Assembled,
  addUser,
  bearer,
  type Credentials,
  createWorkspace,
  handshakeStatus,
  startAssembled,
  textOf,
} from "./assembled.ts";
import { casesOf } from "./authorization-cases.ts";
import { openEvents } from "./events-fixture.ts";

// The administrator may do everything with both workspaces; the token is for one of them.
let assembled: Assembled;
let named: string;
let other: string;
let narrowed: Credentials;

const makeToken = async (name: string, scopes: readonly string[], credentials = assembled.admin) =>
  assembled.call("POST", "/me/tokens", credentials, { name, scopes });

beforeAll(async () => {
  const config = defaultConfig();
  assembled = await startAssembled({ ...config, limits: { ...config.limits, enabled: false } });
  const alice = await addUser(assembled, "alice", { roles: ["developer"] });
  ({ workspace: named } = await createWorkspace(assembled, "admin", assembled.admin));
  ({ workspace: other } = await createWorkspace(assembled, "alice", alice));
  const made = await makeToken("narrowed", [`workspace:*@${named}`, `session:list@${named}`, "token:*"]);
  narrowed = bearer(textOf(made.body, "token"));
});
afterAll(() => assembled?.close());

const ofOneWorkspace = allRoutes.filter(({ path }) => /^\/workspaces\/:name(\/|$)/.test(path));

const statusOf = async (spec: RouteSpec, workspace: string, credentials: Credentials) => {
  const [item] = casesOf(spec.operationId);
  if (!item) throw new Error(`${spec.operationId} has no cases`);
  const params: Record<string, string> = { ...item.params, name: workspace };
  const path = routePath(spec).replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const query = new URLSearchParams(item.query);
  const url = query.size > 0 ? `${path}?${query}` : path;
  if (Object.values(spec.responses).includes("websocket"))
    return handshakeStatus(assembled.server, url, credentials);
  const response = await assembled.request(spec.method, url, {
    credentials,
    body: item.body,
    bytes: item.bytes,
  });
  await response.arrayBuffer();
  return response.status;
};

test.each(ofOneWorkspace.map((spec) => [spec.operationId, spec] as const))(
  "%s lets a token into the workspace it names, and into no other",
  async (_, spec) => {
    if (spec.permission.kind === "public") return;
    expect(await statusOf(spec, other, narrowed)).toBe(403);
    expect(await statusOf(spec, other, assembled.admin)).not.toBe(403);
    expect(await statusOf(spec, named, narrowed)).not.toBe(403);
  },
);

describe("a token that names a workspace", () => {
  const get = async (path: string, credentials = narrowed) => assembled.call("GET", path, credentials);
  const namesIn = (body: unknown, field = "name") =>
    (body as Record<string, string>[]).map((item) => item[field]);

  it("sees that workspace alone in lists and queries", async () => {
    for (const path of ["/workspaces", "/workspaces?all=true"]) {
      expect(namesIn((await get(path)).body), path).toEqual([named]);
    }
    expect(namesIn((await get("/workspaces?all=true", assembled.admin)).body)).toContain(other);
    expect(await get("/workspaces?username=alice")).toEqual({ status: 200, body: [] });
    const queried = await assembled.call("POST", "/workspaces/_query", narrowed, {});
    expect(namesIn(queried.body)).toEqual([named]);
    await assembled.call("POST", `/workspaces/${other}/exec`, assembled.admin, { command: "true" });
    await assembled.call("POST", `/workspaces/${named}/exec`, narrowed, { command: "true" });
    const workspaces = async (path: string, credentials?: Credentials) =>
      new Set(namesIn((await get(path, credentials)).body, "workspace"));
    await expect
      .poll(() => workspaces("/sessions?all=true", assembled.admin))
      .toEqual(new Set([named, other]));
    for (const path of ["/sessions?all=true", "/me/sessions", "/live?all=true"]) {
      expect(
        [...(await workspaces(path))].filter((name) => name !== named),
        path,
      ).toEqual([]);
    }
    expect(await workspaces("/sessions?all=true")).toEqual(new Set([named]));
    const sessions = await assembled.call("POST", "/sessions/_query", narrowed, {});
    expect(new Set(namesIn(sessions.body, "workspace"))).toEqual(new Set([named]));
  });

  it("creates and starts that workspace alone", async () => {
    const create = (body: object) => assembled.call("POST", "/workspaces", narrowed, body);
    // It runs already: the token was let in.
    expect((await create({ blueprint: "dev" })).status).toBe(409);
    expect((await create({ blueprint: "another" })).status).toBe(403);
    expect((await create({ username: "alice", blueprint: "dev" })).status).toBe(403);
    const workload = { workloadKind: "deployment", workloadName: "web", namespace: "default" };
    expect((await create({ blueprint: "dev", ...workload })).status).toBe(403);
  });

  it("does nothing that is about no workspace", async () => {
    for (const path of [
      "/me/profile",
      "/users",
      "/me/credentials",
      "/blueprints",
      "/inject/namespaces",
      "/workspaces/_schema",
    ]) {
      expect((await get(path)).status, path).toBe(403);
    }
  });

  it("makes no token that reaches further", async () => {
    for (const [index, scopes] of [
      [`workspace:read@${other}`],
      ["workspace:read"],
      ["workspace:*:self"],
      ["*"],
    ].entries()) {
      expect((await makeToken(`further-${index}`, scopes, narrowed)).status, scopes.join()).toBe(403);
    }
    expect((await makeToken("nearer", [`workspace:read:self@${named}`], narrowed)).status).toBe(201);
  });

  it("is told what it may do where", async () => {
    const token = await makeToken("reporter", [`workspace:read@${named}`, "user:read:profile"]);
    const { body } = await get("/me/capabilities", bearer(textOf(token.body, "token")));
    const report = body as { action: string; allowed: boolean; obligations?: Record<string, string> }[];
    const read = report.find(({ action }) => action === "workspace:read");
    expect(read).toMatchObject({ allowed: true, obligations: { workspaces: JSON.stringify([named]) } });
    expect(report.find(({ action }) => action === "workspace:delete")).toMatchObject({ allowed: false });
  });

  it("is held to it by tools of the Model Context Protocol", async () => {
    const tool = async (name: string, args: object) => {
      const response = await assembled.request("POST", "/mcp", {
        credentials: { ...narrowed, accept: "application/json, text/event-stream" },
        body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } },
      });
      return response.text();
    };
    const list = await tool("list_workspaces", {});
    expect(list).toContain(named);
    expect(list).not.toContain(other);
    expect(await tool("exec", { workspace: named, command: "echo let-$((1))n" })).toContain("let-1n");
    const refused = await tool("exec", { workspace: other, command: "echo let-$((1))n" });
    expect(refused).toContain("workspace:connect:webshell");
    expect(refused).not.toContain("let-1n");
  });

  it("is held to it by app hosts", async () => {
    const headers = { "k8shell-authorization": narrowed.authorization ?? "" };
    const status = async (workspace: string) =>
      (await createAppClient(assembled.server.port, workspace, headers).call(8099, "/")).status;
    expect(await status(other)).toBe(403);
    // Nothing listens there; the token was let in.
    expect(await status(named)).toBe(502);
  });

  it("is held to it by the event socket", async () => {
    const client = await openEvents(assembled.server.url, narrowed);
    client.send({ type: "subscribe", id: "named", path: `/workspaces/${named}` });
    client.send({ type: "subscribe", id: "other", path: `/workspaces/${other}` });
    client.send({ type: "subscribe", id: "list", path: "/workspaces?all=true" });
    await client.next("named", "state");
    expect(await client.next("other", "state", "error")).toMatchObject({
      status: 403,
      code: "insufficient_scope",
    });
    expect(namesIn((await client.next("list", "state")).body)).toEqual([named]);
  });

  it("is not let in elsewhere by a workspace whose name only begins the same", async () => {
    const shorter = await makeToken("shorter", [`workspace:*@${other.slice(0, -1)}`]);
    expect((await get(`/workspaces/${other}`, bearer(textOf(shorter.body, "token")))).status).toBe(403);
  });
});

it.each([
  "user:read:profile@w",
  "*@w",
  "workspace:read@",
  "workspace:read@*",
  "workspace:read@a b",
  "nothing@w",
])("%s is not a scope", async (scope) => {
  expect((await makeToken("wrong", [scope])).status).toBe(400);
});
