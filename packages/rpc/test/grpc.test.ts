import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Channel, Code, type GrpcServer, grpcChannel, RpcError, startGrpcServer } from "../src/index.ts";
import { clients, collect, command, execRequests, failureOf, fixture, input } from "./fixture.ts";
import { makeCertificates } from "./transports.ts";

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const serve = async (options: Partial<Parameters<typeof startGrpcServer>[0]> = {}) => {
  const f = fixture();
  const server = await startGrpcServer({
    address: "127.0.0.1:0",
    services: f.services,
    onError: f.onError,
    ...options,
  });
  cleanups.push(() => server.close());
  return { ...f, server };
};
const open = (
  options: Parameters<typeof grpcChannel>[0],
): ReturnType<typeof clients> & { channel: Channel } => {
  const channel = grpcChannel(options);
  cleanups.push(() => channel.close());
  return { ...clients(channel), channel };
};
const temporary = async () => {
  const dir = await mkdtemp(join(tmpdir(), "k8shell-rpc-"));
  cleanups.push(() => rm(dir, { recursive: true }));
  return dir;
};
const run = (script: string, ...args: string[]): ChildProcess => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "children", script), ...args]);
  cleanups.push(() => {
    child.kill("SIGKILL");
  });
  return child;
};
const output = async (child: ChildProcess) => {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data) => {
    stdout += data;
  });
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  const [code] = await once(child, "exit");
  return { stdout, stderr, code };
};
const firstLine = async (child: ChildProcess): Promise<string> => {
  if (!child.stdout) throw new Error("no stdout");
  const [line] = await once(createInterface(child.stdout), "line");
  return String(line);
};

describe("a lost server", () => {
  test("that is killed in the middle of a stream ends it with Unavailable, and the text names no address", async () => {
    const child = run("server.ts");
    const { ssh } = open({ address: await firstLine(child) });
    const requests = execRequests();
    const responses = ssh.exec(requests)[Symbol.asyncIterator]();
    await requests.write(input("x"));
    await responses.next();
    child.kill("SIGKILL");
    const error = await failureOf(responses.next());
    expect([error.status, error.message]).toEqual(["Unavailable", "the service cannot be reached"]);
    await expect.poll(() => requests.write(input("y"))).toBe(false);
  });

  test("is reached again by the same channel after its restart", async () => {
    const first = await serve();
    const { ssh } = open({ address: first.server.address });
    expect((await ssh.getCWD({ shellId: "1" })).path).toBe("1");
    await first.server.close();
    const error = await failureOf(ssh.getCWD({ shellId: "2" }));
    expect([error.status, error.message]).toEqual(["Unavailable", "the service cannot be reached"]);
    await serve({ address: first.server.address });
    await expect.poll(() => ssh.getCWD({ shellId: "3" }).then(({ path }) => path, String)).toBe("3");
  });

  test("that was never there fails calls with Unavailable", async () => {
    const { ssh, system } = open({ address: "unix:/nonexistent/socket" });
    expect((await failureOf(ssh.getCWD({}))).status).toBe("Unavailable");
    expect((await failureOf(collect(system.getLogsStream({})))).status).toBe("Unavailable");
  });
});

describe("a lost client", () => {
  test("that is killed aborts the implementation's signal and throws in its request loop", async () => {
    const { server, seen } = await serve();
    const child = run("canceler.ts", server.address);
    expect(await firstLine(child)).toBe("answered");
    child.kill("SIGKILL");
    expect(await seen.requestsThrew).toMatchObject({ status: "Canceled" });
    expect(await seen.aborted).toMatchObject({ status: "Canceled" });
  });
});

test("a cancel travels as RST_STREAM alone, without the END_STREAM of a half-close before it", async () => {
  const { server, seen } = await serve();
  const frames: Array<{ type: number; endStream: boolean }> = [];
  const proxy = createServer((socket) => {
    const upstream = connect(Number(server.address.split(":")[1]));
    let rest = Buffer.alloc(0);
    let preface = 24;
    socket.on("data", (data) => {
      upstream.write(data);
      rest = Buffer.concat([rest, data]);
      if (rest.length < preface + 9) return;
      rest = rest.subarray(preface);
      preface = 0;
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const type = rest.readUInt8(3);
        frames.push({ type, endStream: type === 0 && (rest.readUInt8(4) & 1) === 1 });
        rest = rest.subarray(9 + rest.readUIntBE(0, 3));
      }
    });
    upstream.pipe(socket);
    socket.on("error", () => upstream.destroy());
    socket.on("close", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  cleanups.push(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { ssh } = open({ address: `127.0.0.1:${port}` });
  const controller = new AbortController();
  const requests = execRequests();
  const responses = ssh.exec(requests, { signal: controller.signal })[Symbol.asyncIterator]();
  await requests.write(input("x"));
  await responses.next();
  controller.abort();
  expect(await seen.aborted).toMatchObject({ status: "Canceled" });
  expect(frames.filter(({ type }) => type === 3)).toHaveLength(1);
  expect(frames.filter(({ endStream }) => endStream)).toEqual([]);
});

describe("limits", () => {
  test("a response over 32 MiB fails the call with ResourceExhausted, one below passes", async () => {
    const { server } = await serve();
    const { ssh } = open({ address: server.address });
    expect((await ssh.getCWD({ shellId: `big:${32 * 1024 * 1024 - 100}` })).path).toHaveLength(
      32 * 1024 * 1024 - 100,
    );
    expect((await failureOf(ssh.getCWD({ shellId: `big:${32 * 1024 * 1024 + 1}` }))).status).toBe(
      "ResourceExhausted",
    );
  });

  test("a request over the server's limit fails the call with ResourceExhausted", async () => {
    const { server } = await serve({ maxReceiveBytes: 1_000 });
    const { ssh } = open({ address: server.address });
    expect((await failureOf(ssh.getCWD({ shellId: "x".repeat(1_100) }))).status).toBe("ResourceExhausted");
    expect((await ssh.getCWD({ shellId: "x".repeat(900) })).path).toHaveLength(900);
  });

  test("an upload may be the flow-control window ahead of a server that does not read", async () => {
    const { server } = await serve();
    const { ssh } = open({ address: server.address });
    const block = new Uint8Array(32_768);
    let sent = 0;
    async function* requests() {
      yield command("never read");
      for (; sent < 4_000; sent += 1) yield { request: { case: "input" as const, value: block } };
    }
    const controller = new AbortController();
    const responses = ssh.exec(requests(), { signal: controller.signal })[Symbol.asyncIterator]();
    // Node's default window and grpc-js's own buffer of 1 MiB would hold 35 blocks of 32 KiB.
    await expect.poll(() => sent).toBeGreaterThan(100);
    controller.abort();
    expect((await failureOf(responses.next())).status).toBe("Canceled");
  });
});

describe("a token file", () => {
  test("is read again for every call, and trimmed", async () => {
    const file = join(await temporary(), "token");
    const { server } = await serve();
    const { ssh } = open({ address: server.address, tokenFile: file });
    await writeFile(file, "first\n");
    expect((await ssh.getCWD({ shellId: "authorization" })).path).toBe("Bearer first");
    await writeFile(file, "second");
    expect((await ssh.getCWD({ shellId: "authorization" })).path).toBe("Bearer second");
  });

  test("that cannot be read, or holds none, fails the call here", async () => {
    const dir = await temporary();
    const { server, seen } = await serve();
    const missing = open({ address: server.address, tokenFile: join(dir, "missing") });
    const error = await failureOf(missing.ssh.getCWD({ shellId: "x" }));
    expect([error.status, error.message]).toEqual(["Unavailable", "the service token cannot be read"]);
    expect((await failureOf(collect(missing.system.getLogsStream({ lastN: 1 })))).status).toBe("Unavailable");
    await writeFile(join(dir, "empty"), "\n");
    const empty = open({ address: server.address, tokenFile: join(dir, "empty") });
    expect((await failureOf(empty.ssh.getCWD({ shellId: "x" }))).status).toBe("Unavailable");
    expect(seen.produced).toBe(0);
  });
});

describe("TLS", () => {
  let certificates: ReturnType<typeof makeCertificates>;
  let other: ReturnType<typeof makeCertificates>;
  let server: GrpcServer;
  beforeAll(() => {
    certificates = makeCertificates();
    other = makeCertificates();
  });
  beforeEach(async () => {
    ({ server } = await serve({ tls: certificates }));
  });

  test("trusts the configured CA only", async () => {
    const { ssh } = open({ address: server.address, ca: other.ca, serverName: "identity.test.svc" });
    expect((await failureOf(ssh.getCWD({ shellId: "x" }))).status).toBe("Unavailable");
  });

  test("checks the server name", async () => {
    const { ssh } = open({ address: server.address, ca: certificates.ca, serverName: "authz.test.svc" });
    expect((await failureOf(ssh.getCWD({ shellId: "x" }))).status).toBe("Unavailable");
  });

  test("checks the address host when no server name is given", async () => {
    const { ssh } = open({ address: server.address.replace("127.0.0.1", "localhost"), ca: certificates.ca });
    expect((await failureOf(ssh.getCWD({ shellId: "x" }))).status).toBe("Unavailable");
  });

  test("is not spoken to a plaintext client", async () => {
    const { ssh } = open({ address: server.address });
    expect((await failureOf(ssh.getCWD({ shellId: "x" }, { timeoutMs: 5_000 }))).status).toBe("Unavailable");
  });
});

describe("authenticate", () => {
  test("sees the metadata and the method of every kind of call, and may refuse it", async () => {
    const asked: string[] = [];
    const { server, seen } = await serve({
      async authenticate({ metadata }, method) {
        asked.push(method);
        if (metadata.authorization !== "Bearer right")
          throw new RpcError(Code.Unauthenticated, "who are you");
      },
    });
    const { ssh, system, recording } = open({ address: server.address });
    async function* none() {}
    const calls = (options: { metadata?: Record<string, string> }) => [
      () => ssh.getCWD({ shellId: "x" }, options),
      () => collect(system.getLogsStream({ lastN: 1 }, options)),
      () => recording.streamShellRecording(none(), options),
      () => collect(ssh.exec(none(), options)),
    ];
    for (const call of calls({})) {
      const error = await failureOf(call());
      expect([error.status, error.message]).toEqual(["Unauthenticated", "who are you"]);
    }
    expect(seen.produced).toBe(0);
    for (const call of calls({ metadata: { authorization: "Bearer right" } })) await call();
    expect(new Set(asked)).toEqual(
      new Set([
        "/k8shelld.SshService/GetCWD",
        "/k8shelld.SystemService/GetLogsStream",
        "/session.v1.RecordingService/StreamShellRecording",
        "/k8shelld.SshService/Exec",
      ]),
    );
  });
});

describe("closing", () => {
  test("a server waits for running calls as long as it is told", async () => {
    const { server } = await serve();
    const { ssh } = open({ address: server.address });
    const requests = execRequests();
    const responses = ssh.exec(requests)[Symbol.asyncIterator]();
    await requests.write(input("x"));
    await responses.next();
    const closed = server.close(20_000);
    requests.end();
    expect((await responses.next()).done).toBe(false);
    expect((await responses.next()).done).toBe(false);
    expect((await responses.next()).done).toBe(true);
    await closed;
  });

  test("a server cancels the calls that outlast the grace", async () => {
    const { server, seen } = await serve();
    const { ssh } = open({ address: server.address });
    const call = failureOf(ssh.getCWD({ shellId: "hang" }));
    await expect.poll(async () => (await ssh.getCWD({ shellId: "up" })).path).toBe("up");
    await server.close(50);
    expect((await call).status).toBe("Unavailable");
    expect(await seen.aborted).toMatchObject({ status: "Canceled" });
  });

  test.each(["close", "no-close"])(
    "an idle channel does not keep its process alive (%s), nor print anything",
    async (mode) => {
      const { server } = await serve();
      const { stdout, stderr, code } = await output(run("one-call.ts", server.address, mode));
      expect({ stdout, stderr, code }).toEqual({
        stdout: "from the child\nUnavailable the service cannot be reached\n",
        stderr: "",
        code: 0,
      });
    },
  );
});

describe("addresses", () => {
  test("an existing socket file is replaced, another file is not", async () => {
    const dir = await temporary();
    const path = join(dir, "a.sock");
    const child = run("server.ts", `unix:${path}`);
    expect(await firstLine(child)).toBe(`unix:${path}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await stat(path)).isSocket()).toBe(true);
    const { server } = await serve({ address: `unix:${path}` });
    expect((await open({ address: server.address }).ssh.getCWD({ shellId: "x" })).path).toBe("x");
    await writeFile(join(dir, "file"), "precious");
    await expect(startGrpcServer({ address: `unix:${join(dir, "file")}`, services: [] })).rejects.toThrow();
  });

  test("a port that is taken is refused", async () => {
    const { server } = await serve();
    await expect(startGrpcServer({ address: server.address, services: [] })).rejects.toThrow();
  });
});

describe("hostile input", () => {
  const post = (session: ClientHttp2Session, path: string, body: Uint8Array) =>
    new Promise<string | undefined>((resolve, reject) => {
      const headers = {
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
      };
      const stream = session.request(headers);
      let status: string | undefined;
      const note = (received: IncomingHttpHeaders) => {
        status ??= received["grpc-status"]?.toString();
      };
      stream
        .on("response", note)
        .on("trailers", note)
        .on("error", reject)
        .on("close", () => resolve(status));
      stream.resume();
      stream.end(body);
    });

  test("of any bytes in a call gets a gRPC status, and the server goes on", async () => {
    const { server } = await serve();
    const session = connectHttp2(`http://${server.address}`);
    cleanups.push(() => session.destroy());
    const paths = [
      "/k8shelld.SshService/GetCWD",
      "/k8shelld.SshService/Exec",
      "/k8shelld.SystemService/GetLogsStream",
    ];
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // A proper frame around improper bytes.
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.of(0, 0, 0, 0, bytes.length, ...bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), bodies, async (path, body) => {
        expect(await post(session, path, body)).toMatch(/^\d+$/);
      }),
      { numRuns: 300 },
    );
    expect((await open({ address: server.address }).ssh.getCWD({ shellId: "fine" })).path).toBe("fine");
  });

  test("that is no HTTP/2 at all leaves the server as it was", async () => {
    const { server } = await serve();
    const socket = connect(Number(server.address.split(":")[1]));
    socket.on("error", () => undefined);
    socket.end("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.resume();
    await once(socket, "close");
    expect((await open({ address: server.address }).ssh.getCWD({ shellId: "fine" })).path).toBe("fine");
  });
});
