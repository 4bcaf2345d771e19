import { readFileSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import {
  experimental,
  Server as GrpcJsServer,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { type BlockMethod, createBlockServer } from "./blocks/server.ts";
import { defaultFlowControlWindow, defaultMaxReceiveBytes, quietGrpc } from "./grpc-common.ts";
import { createWindowWidener, watchConnections } from "./grpc-internals.ts";
import { createCallServer, type ServeCall } from "./grpc-server-calls.ts";
import { methodPath } from "./method-table.ts";
import type { CallContext, Metadata, ServiceRegistration } from "./types.ts";

/**
 * PEM certificate chain and private key of a server. Files are looked at again every `refreshMs` milliseconds (default
 * 10 000): new connections get the new certificate, running ones stay.
 */
export type ServerTls =
  | { cert: string | Uint8Array; key: string | Uint8Array }
  | { certFile: string; keyFile: string; refreshMs?: number };

/** What to serve, and where. */
export interface GrpcServerOptions {
  /** `host:port` (port 0: any free one) or `unix:/path` (an existing socket file is replaced). */
  address: string;
  services: readonly ServiceRegistration[];
  /** Methods of these services that `blockChannel` finds served in a faster way; plaintext only. */
  blocks?: readonly BlockMethod[];
  /** Absent: plaintext. */
  tls?: ServerTls;
  /** Runs before each call, streams included; throw RpcError to refuse it. */
  authenticate?: (context: CallContext, method: string) => void | Promise<void>;
  /** HTTP/2 stream window in bytes (default 4 MiB). */
  flowControlWindow?: number;
  /** Largest message accepted, bytes (default 32 MiB). */
  maxReceiveBytes?: number;
  /** Told of failures that are not an RpcError, so that they reach the log; `metadata` is that of the call. */
  onError?: (error: unknown, method: string, metadata?: Metadata) => void;
}

export interface GrpcServer {
  /** The address bound, with the real port. */
  readonly address: string;
  /** Stops accepting, waits up to `graceMs` (default 0) for running calls, then cancels them. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves implementations over gRPC. Resolves when the address is bound.
 * @throws Error when the address cannot be bound
 */
export const startGrpcServer = async (options: GrpcServerOptions): Promise<GrpcServer> => {
  quietGrpc();
  const calls = new Map<string, ServeCall>();
  const widen = createWindowWidener(options.flowControlWindow ?? defaultFlowControlWindow);
  // The innermost interceptor sees each call as messages to ask for, one at a time. It serves the call itself: the
  // stream objects that grpc-js would make for a handler buffer 16 messages of any size.
  const serve: ServerInterceptor = (method, call) => {
    widen(call);
    return new ServerInterceptingCall(call, { start: () => calls.get(method.path)?.(call) });
  };
  const server = new GrpcJsServer({
    "grpc.max_receive_message_length": options.maxReceiveBytes ?? defaultMaxReceiveBytes,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
    interceptors: [serve],
  });
  const callServer = createCallServer({ authenticate: options.authenticate, onError: options.onError });
  for (const registration of options.services) {
    const { definition, handlers } = describe(
      registration,
      (path, serveCall) => calls.set(path, serveCall),
      callServer,
    );
    server.addService(definition, handlers);
  }

  await removeStaleSocket(options.address);
  const { credentials, release } = await serverCredentials(options);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  }).finally(release);

  const blocks = createBlockServer({
    methods: options.blocks ?? [],
    authenticate: options.authenticate,
    onError: options.onError,
  });
  if (options.blocks?.length && !options.tls) watchConnections(server, blocks.accept);

  const address = options.address.startsWith("unix:")
    ? options.address
    : options.address.replace(/:\d+$/, `:${port}`);
  return {
    address,
    async close(graceMs = 0) {
      // Not forceShutdown: without channelz it does not know the connections.
      server.drain(address, graceMs);
      blocks.close();
      // Nor does it know connections that are still shaking hands, and would wait for them.
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, graceMs + 1_000);
      await Promise.race([new Promise<void>((resolve) => server.tryShutdown(() => resolve())), late.promise]);
      clearTimeout(timer);
    },
  };
};

/** The part of a service that is implemented; grpc-js answers Unimplemented for the rest. */
const describe = (
  { service, implementation }: ServiceRegistration,
  add: (path: string, serve: ServeCall) => void,
  callServer: ReturnType<typeof createCallServer>,
) => {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const handlers: Record<string, () => void> = {};
  const bytes = (value: Buffer) => value;
  for (const method of service.methods) {
    const handler: unknown = Reflect.get(implementation, method.localName);
    if (typeof handler !== "function") continue;
    const path = methodPath(method);
    add(path, callServer(method, handler.bind(implementation)));
    handlers[method.name] = () => undefined;
    definition[method.name] = {
      path,
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      // Messages are coded where they are used, so that the reader's pace and the bytes under way are known.
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    };
  }
  return { definition, handlers };
};

/** Credentials, and what to do when a server has them. */
interface MadeCredentials {
  readonly credentials: ServerCredentials;
  release(): void;
}

const serverCredentials = async ({ tls }: GrpcServerOptions): Promise<MadeCredentials> => {
  const release = () => undefined;
  if (!tls) return { credentials: ServerCredentials.createInsecure(), release };
  if ("cert" in tls) {
    const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
    return { credentials: ServerCredentials.createSsl(null, [pair]), release };
  }
  // A pair that cannot be used must stop the start, not every handshake.
  createSecureContext({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) });
  const files = new experimental.FileWatcherCertificateProvider({
    certificateFile: tls.certFile,
    privateKeyFile: tls.keyFile,
    refreshIntervalMs: tls.refreshMs ?? 10_000,
  });
  // It reads them behind our back, and a connection that is faster would be dropped. Without a listener it would stop
  // again, so this one stays until the server listens itself.
  const read = Promise.withResolvers<void>();
  const listener = (update: object | null) => {
    if (update) read.resolve();
  };
  files.addIdentityCertificateListener(listener);
  await read.promise;
  return {
    // The first is the server's own certificate, whatever the declaration calls it.
    credentials: experimental.createCertificateProviderServerCredentials(files, null, false),
    release: () => files.removeIdentityCertificateListener(listener),
  };
};

const removeStaleSocket = async (address: string): Promise<void> => {
  if (!address.startsWith("unix:")) return;
  const path = address.replace(/^unix:(\/\/(?=\/))?/, "");
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket()) await rm(path, { force: true });
};
