import { routes } from "@k8shell/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { bindWebSocket } from "../../src/http/websocket.ts";
import { type GatewayHarness, startGateway } from "../gateway-harness.ts";

let gateway: GatewayHarness;
let alice: string;
let bob: string;

beforeAll(async () => {
  gateway = await startGateway({
    routes: () => [
      bindWebSocket(routes.openTerminal, {
        kind: "terminal",
        subprotocols: ["cloudshell-v1"],
        open({ principal }, accept) {
          const socket = accept();
          socket.on("message", (data) => socket.send(`${principal.username} ${data}`));
        },
      }),
    ],
  });
  alice = await gateway.addUser("alice");
  bob = await gateway.addUser("bob");
  gateway.addWorkspace("alice-1", "alice");
});
afterAll(() => gateway.close());

interface Outcome {
  socket?: WebSocket;
  status?: number;
  body?: { status: number; code: string; requestId: string };
}

/** Resolves to the open socket, or to the HTTP answer that refused it. */
const connect = (
  options: ClientOptions = {},
  protocols: string[] = ["cloudshell-v1"],
  path = "/workspaces/alice-1/interactive",
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/api/v1${path}`, protocols, options);
    socket.on("open", () => resolve({ socket }));
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    });
  });

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const closed = (socket: WebSocket) =>
  new Promise<number>((resolve) => socket.on("close", (code) => resolve(code)));

test("the owner gets a socket that carries messages both ways", async () => {
  const { socket } = await connect(bearer(alice));
  const answer = new Promise((resolve) => socket?.on("message", (data) => resolve(String(data))));
  socket?.send("hi");
  expect(await answer).toBe("alice hi");
  expect(socket?.protocol).toBe("cloudshell-v1");
  socket?.close();
});

test("whom the guard refuses gets the JSON error before any upgrade", async () => {
  expect(await connect()).toMatchObject({ status: 401, body: { status: 401, code: "unauthenticated" } });
  expect(await connect(bearer(bob))).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect(await connect(bearer(alice), undefined, "/workspaces/alice-2/interactive")).toMatchObject({
    status: 404,
  });
  expect(await connect(bearer(alice), undefined, "/workspaces/alice-1")).toBeDefined();
  const limited = await gateway.token("alice", ["workspace:read"]);
  expect(await connect(bearer(limited))).toMatchObject({ status: 403, body: { code: "insufficient_scope" } });
  const fitting = await gateway.token("alice", ["workspace:connect:webshell:self"]);
  const { socket } = await connect(bearer(fitting));
  expect(socket).toBeDefined();
  socket?.close();
});

test("a page of another site cannot open a socket with the user's cookie", async () => {
  const cookie = await gateway.signIn("alice");
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", "file://"]) {
    expect(await connect({ headers: { cookie }, origin })).toMatchObject({
      status: 403,
      body: { code: "origin_not_allowed" },
    });
  }
  const own = await connect({ headers: { cookie }, origin: gateway.url });
  expect(own.socket).toBeDefined();
  own.socket?.close();
});

test("subprotocols that are not served are refused", async () => {
  expect(await connect(bearer(alice), ["chat"])).toMatchObject({ status: 400 });
  const { socket } = await connect(bearer(alice), []);
  expect(socket?.protocol).toBe("");
  socket?.close();
});

test("a plain request is told to upgrade", async () => {
  const response = await gateway.api("GET", "/workspaces/alice-1/interactive", { token: alice });
  expect(response.status).toBe(426);
  expect(response.headers.get("upgrade")).toBe("websocket");
});

test("an upgrade to anything but a WebSocket is served as plain HTTP", async () => {
  const { request } = await import("node:http");
  const status = await new Promise((resolve, reject) => {
    request(
      `${gateway.url}/api/v1/healthcheck`,
      { headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQ" } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on("error", reject)
      .end();
  });
  expect(status).toBe(200);
});

test("revocation closes live sockets: deleted token, ended session, locked account", async () => {
  const token = await gateway.token("alice", ["*"], "to be deleted");
  const byToken = await connect(bearer(token));
  const other = await connect(bearer(alice));
  const cookie = await gateway.signIn("alice");
  const bySession = await connect({ headers: { cookie } });
  if (!byToken.socket || !bySession.socket || !other.socket) throw new Error("sockets must open");

  const tokenClosed = closed(byToken.socket);
  const listed = (await (await gateway.api("GET", "/me/tokens", { token: alice })).json()) as Array<{
    id: number;
    name: string;
  }>;
  const { id } = listed.find(({ name }) => name === "to be deleted") ?? {};
  expect((await gateway.api("DELETE", `/me/tokens/${id}`, { token: alice })).status).toBe(204);
  expect(await tokenClosed).toBe(1008);
  expect((await gateway.api("GET", "/me/profile", { token })).status).toBe(401);

  const sessionClosed = closed(bySession.socket);
  await gateway.api("POST", "/auth/logout", { headers: { cookie } });
  expect(await sessionClosed).toBe(1008);
  expect(other.socket.readyState).toBe(WebSocket.OPEN);

  const accountClosed = closed(other.socket);
  await gateway.gateway.accounts.setLocked("alice", true);
  expect(await accountClosed).toBe(1008);
  const refused = await gateway.api("GET", "/me/profile", { token: alice });
  expect(await refused.json()).toMatchObject({ status: 403, code: "account_locked" });
  await gateway.gateway.accounts.setLocked("alice", false);
  expect((await gateway.api("GET", "/me/profile", { token: alice })).status).toBe(200);
});

test("a server that stops closes sockets with 1012", async () => {
  const local = await startGateway({
    routes: () => [
      bindWebSocket(routes.openTerminal, {
        kind: "terminal",
        subprotocols: [],
        open: (_context, accept) => void accept(),
      }),
    ],
  });
  const token = await local.addUser("carol");
  local.addWorkspace("carol-1", "carol");
  const socket = new WebSocket(
    `${local.url.replace("http", "ws")}/api/v1/workspaces/carol-1/interactive`,
    bearer(token),
  );
  await new Promise((resolve) => socket.on("open", resolve));
  const code = closed(socket);
  await local.close();
  expect(await code).toBe(1012);
});
