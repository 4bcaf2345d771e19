import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { forwardRoutes } from "../src/routes/forward.ts";
import { refusal } from "./terminal-fixture.ts";
import {
  eventually,
  forbid,
  startDaemon,
  startWorkspaceGateway,
  workspaceName,
} from "./workspace-fixture.ts";

const protocol = "k8shell-forward-v1";

/** What listens in the workspace. */
const listen = async (onConnection: (socket: Socket) => void) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    onConnection(socket);
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

const start = async (
  options: { authorize?: Parameters<typeof startWorkspaceGateway>[0]["authorize"] } = {},
) => {
  const daemon = await startDaemon();
  const gateway = await startWorkspaceGateway({
    ...options,
    daemon,
    routes: (workspaces) => forwardRoutes({ workspaces }),
  });
  const urlOf = (port: number) => `${gateway.url}/api/v1/workspaces/${workspaceName}/ports/${port}/forward`;
  const open = async (port: number) => {
    const socket = new WebSocket(urlOf(port).replace("http", "ws"), protocol, { perMessageDeflate: false });
    const parts: Buffer[] = [];
    let ended = false;
    socket.on("message", (data: Buffer) => {
      if (data.length === 0) ended = true;
      parts.push(data);
    });
    const closed = once(socket, "close").then(([code]) => code as number);
    await once(socket, "open");
    return { socket, closed, text: () => Buffer.concat(parts).toString(), hasEnded: () => ended };
  };
  return { gateway, urlOf, open };
};

/** Resolves to a number that no longer changes: 20 looks, each a round trip through the daemon apart, saw the same. */
const standingStill = async (look: () => number): Promise<number> => {
  let before = -1;
  for (let still = 0; still < 20; ) {
    const now = look();
    still = now === before ? still + 1 : 0;
    before = now;
    await new Promise((next) => setTimeout(next, 20));
  }
  return before;
};

test("carries bytes both ways and ends with what listens", async () => {
  const port = await listen((socket) => {
    socket.write("hello ");
    socket.on("data", (data) => socket.end(`got ${data}`));
  });
  const { open, gateway } = await start();
  const { socket, closed, text, hasEnded } = await open(port);
  expect(gateway.live.list()).toMatchObject([{ kind: "app", username: "alice", workspace: workspaceName }]);
  socket.send(Buffer.from("ping"));
  expect(await closed).toBe(1000);
  expect([text(), hasEnded()]).toEqual(["hello got ping", true]);
  await eventually(() => gateway.live.list().length === 0);
});

test("a client that sends no more still gets the answer", async () => {
  const port = await listen((socket) => {
    const parts: Buffer[] = [];
    socket.on("data", (data: Buffer) => parts.push(data));
    socket.on("end", () => socket.end(`all of ${Buffer.concat(parts).length}`));
  });
  const { open } = await start();
  const { socket, closed, text } = await open(port);
  socket.send(Buffer.alloc(50_000));
  socket.send(Buffer.alloc(50_000));
  socket.send(Buffer.alloc(0));
  expect(await closed).toBe(1000);
  expect(text()).toBe("all of 100000");
});

test("a side that does not read holds the other back, without a lost byte", async () => {
  const size = 64 << 20;
  let sent = 0;
  const port = await listen((socket) => {
    const piece = Buffer.alloc(1 << 16);
    const fill = () => {
      while (sent < size) {
        sent += piece.length;
        if (!socket.write(piece)) return;
      }
      socket.end();
    };
    socket.on("drain", fill);
    fill();
  });
  const { open } = await start();
  const { socket, closed, text } = await open(port);
  socket.pause();
  expect(await standingStill(() => sent)).toBeLessThan(size / 2);
  socket.resume();
  expect(await closed).toBe(1000);
  expect(text().length).toBe(size);
});

test("what listens and does not read holds the client back", async () => {
  let inside: Socket | undefined;
  let received = 0;
  const port = await listen((socket) => {
    inside = socket;
    socket.pause();
    socket.on("data", (data) => {
      received += data.length;
    });
  });
  const { open } = await start();
  const { socket, closed } = await open(port);
  const size = 64 << 20;
  for (let at = 0; at < size; at += 1 << 16) socket.send(Buffer.alloc(1 << 16));
  socket.send(Buffer.alloc(0));
  expect(await standingStill(() => socket.bufferedAmount)).toBeGreaterThan(size / 2);
  inside?.on("end", () => inside?.end());
  inside?.resume();
  expect(await closed).toBe(1000);
  expect(received).toBe(size);
});

test("a port where nothing listens, and frames that are none of the protocol, are told by the close code", async () => {
  const { open } = await start();
  const port = await listen(() => {});
  const text = await open(port);
  text.socket.send("text");
  expect(await text.closed).toBe(1003);
  const after = await open(port);
  after.socket.send(Buffer.alloc(0));
  after.socket.send(Buffer.from("more"));
  expect(await after.closed).toBe(1007);
  expect(await (await open(1)).closed).toBe(1011);
});

test("a client that goes away ends the connection in the workspace", async () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const port = await listen((socket) => {
    socket.on("data", () => begun.resolve()).on("end", () => ended.resolve());
  });
  const { open } = await start();
  const { socket } = await open(port);
  socket.send(Buffer.from("x"));
  await begun.promise;
  socket.terminate();
  await ended.promise;
});

test("needs the permission for the port, and the subprotocol", async () => {
  const { urlOf } = await start({ authorize: forbid("workspace:connect:portforward") });
  expect(await refusal(urlOf(80), [protocol])).toBe(403);
  const allowed = await start();
  expect(await refusal(allowed.urlOf(80), [])).toBe(400);
  expect(await refusal(allowed.urlOf(80), ["other"])).toBe(400);
  expect((await fetch(allowed.urlOf(80))).status).toBe(426);
});
