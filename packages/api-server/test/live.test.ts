import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { routes } from "@k8shell/contract";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { bind, type HandlerResult, handled } from "../src/http/handler.ts";
import { bindWebSocket } from "../src/http/websocket.ts";
import { beginTextStream } from "../src/routes/text-stream.ts";
import { type GatewayHarness, startGateway } from "./gateway-harness.ts";

// Two replicas that share the store and the services, as behind a load balancer.
let first: GatewayHarness;
let second: Awaited<ReturnType<GatewayHarness["replica"]>>;
let admin: string;
let alice: string;
/** What reached the endpoint of a socket. */
let heard: string[] = [];

beforeAll(async () => {
  first = await startGateway({
    routes: () => [
      bindWebSocket(routes.openTerminal, {
        kind: "terminal",
        subprotocols: [],
        open(_context, accept) {
          const socket = accept();
          socket.on("message", (data) => heard.push(data.toString()));
          socket.send("ready");
        },
      }),
      bind(routes.getWorkspaceLogs, async (context): Promise<HandlerResult> => {
        const stream = beginTextStream(context, "logs", "application/x-ndjson");
        await stream.write("first\n");
        await once(context.signal, "abort");
        return handled;
      }),
    ],
  });
  second = await first.replica();
  admin = await first.token("admin", ["*"], "live");
  alice = await first.addUser("alice");
  first.addWorkspace("alice-1", "alice");
  first.addWorkspace("alice-2", "alice");
});
afterAll(() => first.close());
beforeEach(() => {
  heard = [];
});

const open = async (url: string, headers: Record<string, string>, workspace = "alice-1") => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/workspaces/${workspace}/interactive`, {
    headers,
  });
  const closed = new Promise<string>((resolve) =>
    socket.on("close", (code, reason) => resolve(`${code} ${reason}`)),
  );
  await once(socket, "message");
  return { socket, closed };
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const openBoth = (headers: Record<string, string>, workspace?: string) =>
  Promise.all([open(first.url, headers, workspace), open(second.url, headers, workspace)]);
type Opened = Awaited<ReturnType<typeof open>>;
const ends = (opened: readonly Opened[]) => Promise.all(opened.map(({ closed }) => closed));
const isOpen = ({ socket }: Opened) => socket.readyState === WebSocket.OPEN;

const tokenIds = async (username: string) => {
  const listed = await first.api("GET", `/users/${username}/tokens`, { token: admin });
  return (await listed.json()) as { id: number; name: string }[];
};
const idOf = async (username: string, name: string) =>
  (await tokenIds(username)).find((token) => token.name === name)?.id;

const changed = "1008 the access token was revoked or changed";

test("deleting a token closes what was opened with it on every replica, and nothing else", async () => {
  const token = await first.token("alice", ["*"], "short-lived");
  const opened = await openBoth(bearer(token));
  const other = await open(second.url, bearer(alice));
  const id = await idOf("alice", "short-lived");
  expect((await first.api("DELETE", `/users/alice/tokens/${id}`, { token: admin })).status).toBe(204);
  expect(await ends(opened)).toEqual([changed, changed]);
  expect(isOpen(other)).toBe(true);
  // The second replica remembered the token from moments ago.
  const refused = await fetch(`${second.url}/api/v1/me/profile`, { headers: bearer(token) });
  expect(refused.status).toBe(401);
  other.socket.terminate();
});

test("changing a token closes what was opened with it", async () => {
  const token = await first.token("alice", ["*"], "narrowed");
  const opened = await openBoth(bearer(token));
  const id = await idOf("alice", "narrowed");
  const json = { scopes: ["workspace:read"] };
  expect((await first.api("PATCH", `/users/alice/tokens/${id}`, { token: admin, json })).status).toBe(200);
  expect(await ends(opened)).toEqual([changed, changed]);
});

test("signing out closes the session's sockets on every replica and leaves other sessions alone", async () => {
  const [cookie, other] = [await first.signIn("alice"), await first.signIn("alice")];
  const opened = [
    await open(first.url, { cookie, origin: first.url }),
    await open(second.url, { cookie, origin: second.url }),
  ];
  const kept = await open(first.url, { cookie: other, origin: first.url });
  const answer = await first.api("POST", "/auth/logout", { headers: { cookie, origin: first.url } });
  expect(answer.ok).toBe(true);
  expect(await ends(opened)).toEqual(["1008 signed out", "1008 signed out"]);
  expect(isOpen(kept)).toBe(true);
  kept.socket.terminate();
});

test("locking an account closes everything of its user on every replica", async () => {
  const carol = await first.addUser("carol");
  first.addWorkspace("carol-1", "carol");
  const opened = await openBoth(bearer(carol), "carol-1");
  const json = { locked: true };
  expect((await first.api("PATCH", "/users/carol/profile", { token: admin, json })).status).toBe(200);
  expect(await ends(opened)).toEqual(["1008 signed out", "1008 signed out"]);
});

test("deleting a user closes everything of theirs on every replica", async () => {
  const dave = await first.addUser("dave");
  first.addWorkspace("dave-1", "dave");
  const opened = await openBoth(bearer(dave), "dave-1");
  const json = { preserveWorkspaces: true };
  expect((await first.api("DELETE", "/users/dave", { token: admin, json })).status).toBe(204);
  expect(await ends(opened)).toEqual(["1008 signed out", "1008 signed out"]);
});

test("stopping a workspace closes what leads to it, whoever has it open", async () => {
  const opened = [
    ...(await openBoth(bearer(alice), "alice-2")),
    await open(second.url, bearer(admin), "alice-2"),
  ];
  const other = await open(first.url, bearer(alice), "alice-1");
  expect((await first.api("DELETE", "/workspaces/alice-2", { token: alice })).status).toBe(202);
  expect(await ends(opened)).toEqual(Array(3).fill("1008 the workspace was stopped"));
  expect(isOpen(other)).toBe(true);
  other.socket.terminate();
});

test("a policy that no longer allows a connection closes it when it is loaded", async () => {
  const erin = await first.addUser("erin");
  first.addWorkspace("erin-1", "erin");
  const refused = await open(first.url, bearer(erin), "erin-1");
  const kept = await open(first.url, bearer(alice));
  const file = join(first.dataDir, "policies", "90-no-terminals.cedar");
  const policy = `forbid (principal == User::"erin", action in [Action::"workspace:connect"], resource);`;
  await writeFile(file, policy);
  expect(await refused.closed).toBe("1008 no longer allowed");
  expect(isOpen(kept)).toBe(true);
  kept.socket.terminate();
  await rm(file);
});

test("what a socket sends after it was revoked has no effect", async () => {
  const grace = await first.addUser("grace");
  first.addWorkspace("grace-1", "grace");
  const { socket, closed } = await open(first.url, bearer(grace), "grace-1");
  socket.send("before");
  await expect.poll(() => heard).toEqual(["before"]);
  first.gateway.live.closeWhere(({ username }) => username === "grace", "signed out");
  socket.send("after");
  expect(await closed).toBe("1008 signed out");
  expect(heard).toEqual(["before"]);
});

test("a socket that does not answer the close is cut", async () => {
  const heidi = await first.addUser("heidi");
  first.addWorkspace("heidi-1", "heidi");
  const { socket, closed } = await open(first.url, bearer(heidi), "heidi-1");
  socket.pause();
  await first.gateway.accounts.setLocked("heidi", true);
  await expect.poll(() => first.gateway.live.list()).toEqual([]);
  socket.resume();
  await closed;
});

test("users see their own connections, administrators everybody's", async () => {
  const ivan = await first.addUser("ivan");
  first.addWorkspace("ivan-1", "ivan");
  const opened = [await open(first.url, bearer(ivan), "ivan-1"), await open(first.url, bearer(alice))];
  const listed = async (token: string, query = "") =>
    (await (await first.api("GET", `/live${query}`, { token })).json()) as Record<string, unknown>[];
  const own = await listed(ivan);
  expect(own).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: "terminal",
      username: "ivan",
      workspace: "ivan-1",
      credential: "token",
      tokenPreview: ivan.slice(0, 13),
      clientIP: "127.0.0.1",
      openedAt: expect.stringMatching(/^20/),
      lastActiveAt: expect.stringMatching(/^20/),
      bytesIn: expect.any(Number),
      bytesOut: expect.any(Number),
      requestId: expect.stringMatching(/\S{8,}/),
    },
  ]);
  const names = async (token: string, query: string) =>
    (await listed(token, query)).map(({ username }) => username);
  expect(await names(ivan, "?all=true")).toEqual(["ivan"]);
  expect(await names(admin, "?all=true")).toEqual(["ivan", "alice"]);
  expect(await names(admin, "?username=ivan")).toEqual(["ivan"]);
  expect(await names(admin, "?all=true&kind=logs")).toEqual([]);
  expect(await names(admin, "?all=true&workspace=alice-1")).toEqual(["alice"]);
  for (const { socket } of opened) socket.terminate();
});

test("an administrator closes one connection, also through another replica; a stranger does not", async () => {
  const judy = await first.addUser("judy");
  first.addWorkspace("judy-1", "judy");
  const [here, there, kept] = [
    await open(first.url, bearer(judy), "judy-1"),
    await open(second.url, bearer(judy), "judy-1"),
    await open(second.url, bearer(judy), "judy-1"),
  ];
  const [idHere] = first.gateway.live.list().map(({ id }) => id);
  const [idThere] = second.gateway.live.list().map(({ id }) => id);
  const close = async (id: string | undefined, token: string, query = "") =>
    (await first.api("DELETE", `/live/${id}${query}`, { token })).status;
  expect(await close(idHere, alice)).toBe(403);
  expect(await close(idThere, admin)).toBe(404);
  expect(await close(idHere, admin)).toBe(204);
  expect(await here.closed).toBe("1008 closed by an administrator or the user");
  expect(await close(idThere, judy, "?username=judy")).toBe(202);
  expect(await there.closed).toBe("1008 closed by an administrator or the user");
  expect(isOpen(kept)).toBe(true);
  kept.socket.terminate();
});

test("a followed log is cut when its caller may have it no longer", async () => {
  const frank = await first.addUser("frank");
  first.addWorkspace("frank-1", "frank");
  const response = await fetch(`${first.url}/api/v1/workspaces/frank-1/logs?follow=true`, {
    headers: bearer(frank),
  });
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first\n");
  await first.gateway.accounts.setLocked("frank", true);
  await expect(reader?.read()).rejects.toThrow();
  expect(first.gateway.live.countOf("logs")).toBe(0);
});
