import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { afterEach, expect, test } from "vitest";
import {
  type Channel,
  type CircuitState,
  Code,
  circuitBreaker,
  type GrpcServer,
  grpcChannel,
  inProcessChannel,
  RpcError,
  register,
  startGrpcServer,
  withRetries,
} from "../src/index.ts";

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

import { makeCertificates } from "./transports.ts";

/** A service that fails as the test says, and counts. */
const failing = (codes: Code[]) => {
  let calls = 0;
  const next = () => {
    const code = codes[calls];
    calls += 1;
    if (code !== undefined && code !== Code.Ok) throw new RpcError(code, `call ${calls}`);
  };
  const registration = register(SystemService, {
    handshake() {
      next();
      return { serverVersion: "1", accepted: true };
    },
    async *getLogsStream() {
      next();
      yield { message: "line" };
      await new Promise(() => undefined);
    },
  });
  return { registration, calls: () => calls };
};

const retrying = (codes: Code[], options: Partial<Parameters<typeof withRetries>[1]> = {}) => {
  const service = failing(codes);
  const channel = withRetries(inProcessChannel([service.registration]), {
    isIdempotent: (path) => path === "/k8shelld.SystemService/Handshake",
    backoffMs: 1,
    ...options,
  });
  return { ...service, system: channel.client(SystemService) };
};

test("an idempotent call is made again when the peer is unavailable, three times at most", async () => {
  const recovers = retrying([Code.Unavailable, Code.Unavailable]);
  expect((await recovers.system.handshake({})).serverVersion).toBe("1");
  expect(recovers.calls()).toBe(3);

  const stays = retrying([Code.Unavailable, Code.Unavailable, Code.Unavailable]);
  await expect(stays.system.handshake({})).rejects.toMatchObject({ message: "call 3" });
  expect(stays.calls()).toBe(3);
});

test("other calls, and other failures, are not repeated", async () => {
  const changing = retrying([Code.Unavailable], { isIdempotent: () => false });
  await expect(changing.system.handshake({})).rejects.toMatchObject({ code: Code.Unavailable });
  expect(changing.calls()).toBe(1);
  const refused = retrying([Code.Internal]);
  await expect(refused.system.handshake({})).rejects.toMatchObject({ code: Code.Internal });
  expect(refused.calls()).toBe(1);
  const stream = retrying([Code.Unavailable], { isIdempotent: () => true });
  const [reading] = [stream.system.getLogsStream({})[Symbol.asyncIterator]()];
  await expect(reading.next()).rejects.toMatchObject({ code: Code.Unavailable });
  expect(stream.calls()).toBe(1);
});

test("no attempt is made behind the deadline, after an abort or without hope", async () => {
  const late = retrying([Code.Unavailable], { backoffMs: 10_000, random: () => 1 });
  await expect(late.system.handshake({}, { timeoutMs: 500 })).rejects.toMatchObject({
    code: Code.Unavailable,
  });
  expect(late.calls()).toBe(1);

  const left = retrying([Code.Unavailable], {
    backoffMs: 60_000,
    random: () => 1,
    defaultTimeoutMs: 120_000,
  });
  const controller = new AbortController();
  const call = left.system.handshake({}, { signal: controller.signal });
  await expect.poll(left.calls).toBe(1);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: Code.Canceled });
  expect(left.calls()).toBe(1);

  const hopeless = retrying([Code.Unavailable], { isHopeless: () => true });
  await expect(hopeless.system.handshake({})).rejects.toMatchObject({ code: Code.Unavailable });
  expect(hopeless.calls()).toBe(1);
});

/** A breaker before a server that can be stopped and started at one address. */
const withBreaker = async (patienceMs = 0) => {
  const services = [failing([]).registration];
  let server: GrpcServer | undefined = await startGrpcServer({ address: "127.0.0.1:0", services });
  const { address } = server;
  const states: CircuitState["kind"][] = [];
  const connected: Channel[] = [];
  const breaker = circuitBreaker({
    name: "identity",
    connect: () => {
      const channel = grpcChannel({ address });
      connected.push(channel);
      return channel;
    },
    probe: (channel, timeoutMs) => channel.client(SystemService).handshake({}, { timeoutMs }),
    firstProbeMs: 20,
    lastProbeMs: 40,
    patienceMs,
    onChange: ({ kind }) => void states.push(kind),
  });
  const stop = async () => {
    await server?.close();
    server = undefined;
  };
  closing.push(async () => {
    await breaker.channel.close();
    await stop();
  });
  return {
    breaker,
    system: breaker.channel.client(SystemService),
    states,
    connected,
    stop,
    start: async () => {
      server = await startGrpcServer({ address, services });
    },
  };
};

test("while the peer is down calls fail at once, naming it, and the circuit closes by itself when it is back", async () => {
  const { breaker, system, states, stop, start } = await withBreaker();
  await system.handshake({});
  await stop();
  for (let call = 0; call < 3; call += 1) {
    await expect(system.handshake({})).rejects.toMatchObject({
      code: Code.Unavailable,
      peer: "identity",
      unreached: true,
    });
  }
  expect(breaker.state).toMatchObject({ kind: "open", since: expect.any(Number) });
  await expect(system.handshake({})).rejects.toMatchObject({ code: Code.Unavailable, peer: "identity" });
  const stream = system.getLogsStream({})[Symbol.asyncIterator]();
  await expect(stream.next()).rejects.toMatchObject({ code: Code.Unavailable, peer: "identity" });

  await start();
  await expect.poll(() => breaker.state.kind).toBe("closed");
  expect((await system.handshake({})).serverVersion).toBe("1");
  expect(states).toEqual(["open", "closed"]);
});

test("requests that come while the peer is started anew wait for it, and so do those that it interrupted", async () => {
  const { breaker, states, stop, start } = await withBreaker(120_000);
  const repeating = withRetries(breaker.channel, {
    isIdempotent: () => true,
    isHopeless: () => breaker.hopeless,
    defaultTimeoutMs: 120_000,
  });
  const { handshake } = repeating.client(SystemService);
  await handshake({});
  await stop();
  const interrupted = Array.from({ length: 10 }, () => handshake({}));
  await expect.poll(() => breaker.state.kind).toBe("open");
  const later = breaker.channel.client(SystemService).handshake({});
  // Whose time is over, or who gives up, does not wait for it.
  const { handshake: once } = breaker.channel.client(SystemService);
  await expect(once({}, { timeoutMs: 50 })).rejects.toMatchObject({
    code: Code.Unavailable,
    peer: "identity",
  });
  await expect(once({}, { signal: AbortSignal.timeout(50) })).rejects.toBeInstanceOf(RpcError);
  expect(breaker.hopeless).toBe(false);
  await start();
  for (const { serverVersion } of await Promise.all([...interrupted, later])) expect(serverVersion).toBe("1");
  expect(states).toEqual(["open", "closed"]);
});

test.each(["", "dns:///"])(
  "a peer whose certificate is of another CA than the one read before is found with the new one (%s)",
  async (scheme) => {
    const [before, after] = [makeCertificates(), makeCertificates()];
    const services = [failing([]).registration];
    const serve = (address: string, { cert, key }: typeof before) =>
      startGrpcServer({ address, services, tls: { cert, key } });
    let server = await serve("127.0.0.1:0", before);
    const { address } = server;
    let { ca } = before;
    const breaker = circuitBreaker({
      name: "identity",
      connect: () => grpcChannel({ address: `${scheme}${address}`, ca, serverName: "identity.test.svc" }),
      probe: (channel, timeoutMs) => channel.client(SystemService).handshake({}, { timeoutMs }),
      firstProbeMs: 20,
      lastProbeMs: 40,
    });
    closing.push(() => server.close(), breaker.channel.close);
    const { handshake } = breaker.channel.client(SystemService);
    await handshake({});
    await server.close();
    server = await serve(address, after);
    ca = after.ca;
    const answers = () =>
      handshake({}).then(
        () => true,
        () => false,
      );
    await expect.poll(answers, { timeout: 20_000 }).toBe(true);
  },
);

test("a status that the peer sends is an answer: it opens nothing", async () => {
  const service = failing(Array.from({ length: 10 }, () => Code.Unavailable));
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: [service.registration] });
  const breaker = circuitBreaker({
    name: "identity",
    connect: () => grpcChannel({ address: server.address }),
    probe: () => Promise.resolve(),
  });
  closing.push(() => server.close(), breaker.channel.close);
  const system = breaker.channel.client(SystemService);
  for (let call = 1; call <= 10; call += 1) {
    await expect(system.handshake({})).rejects.toMatchObject({ message: `call ${call}`, peer: undefined });
  }
  expect(breaker.state.kind).toBe("closed");
});

test("a stream that is lost names the peer, and leaving one cancels it at once, even while it is read", async () => {
  const { breaker, system, stop, start } = await withBreaker();
  const lines = system.getLogsStream({})[Symbol.asyncIterator]();
  await lines.next();
  const lost = expect(lines.next()).rejects.toMatchObject({ code: Code.Unavailable, peer: "identity" });
  await stop();
  await lost;
  for (let call = 0; call < 3; call += 1) await system.handshake({}).catch(() => undefined);
  await start();
  await expect.poll(() => breaker.state.kind).toBe("closed");
  const again = system.getLogsStream({})[Symbol.asyncIterator]();
  expect(await again.next()).toMatchObject({ done: false });
  // Leaving cancels at once, although a read is under way.
  const pending = again.next();
  await again.return?.();
  expect((await pending).done).toBe(true);
});

test("GOAWAY ends a connection without ending calls: the next goes over a new one", async () => {
  const sessions: ServerHttp2Session[] = [];
  let calls = 0;
  const server = createHttp2Server();
  server.on("session", (session) => void sessions.push(session));
  server.on("stream", (stream) => {
    calls += 1;
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    // An empty HandshakeResponse, after the connection was told to go away.
    setTimeout(() => stream.end(Buffer.from([0, 0, 0, 0, 0])), 20);
    stream.session?.goaway(0, stream.id ?? 0);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const channel = grpcChannel({ address: `127.0.0.1:${port}` });
  closing.push(
    () => channel.close(),
    async () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  );
  const { handshake } = channel.client(SystemService);
  for (let call = 0; call < 3; call += 1) expect((await handshake({})).accepted).toBe(false);
  expect([calls, sessions.length]).toEqual([3, 3]);
});

test("a connection whose TLS handshake is swallowed is given up, by both ends", async () => {
  // Accepts and never answers.
  const sockets = new Set<Socket>();
  const hole = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.resume();
  }).listen(0, "127.0.0.1");
  await once(hole, "listening");
  const { port } = hole.address() as AddressInfo;
  const { ca, cert, key } = makeCertificates();
  const channel = grpcChannel({ address: `127.0.0.1:${port}`, ca });
  await expect(channel.client(SystemService).handshake({}, { timeoutMs: 200 })).rejects.toMatchObject({
    code: Code.DeadlineExceeded,
  });
  await expect.poll(() => sockets.size).toBe(1);
  await channel.close();
  await expect.poll(() => sockets.size).toBe(0);
  hole.close();

  // A client that never shakes hands does not keep a server.
  const server = await startGrpcServer({ address: "127.0.0.1:0", services: [], tls: { cert, key } });
  const silent = connect(Number(server.address.split(":")[1]), "127.0.0.1");
  await once(silent, "connect");
  await server.close();
  silent.destroy();
});

test("a server whose certificate is in files answers from its first connection on, and leaves no timer behind", async () => {
  const { ca, cert, key } = makeCertificates();
  const dir = await mkdtemp(join(tmpdir(), "k8shell-rpc-"));
  await writeFile(join(dir, "crt"), cert);
  await writeFile(join(dir, "key"), key);
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  for (let start = 0; start < 20; start += 1) {
    const server = await startGrpcServer({
      address: "127.0.0.1:0",
      services: [failing([]).registration],
      tls: { certFile: join(dir, "crt"), keyFile: join(dir, "key") },
    });
    const socket = connectTls({
      port: Number(server.address.split(":")[1]),
      ca,
      servername: "identity.test.svc",
      ALPNProtocols: ["h2"],
    });
    await once(socket, "secureConnect");
    socket.destroy();
    await server.close();
  }
  await expect.poll(timers).toBeLessThanOrEqual(before + 2);
  await rm(dir, { recursive: true });
});
