import { createSecureContext } from "node:tls";
import type { DescMethod } from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  type ChannelOptions,
  credentials,
  Channel as GrpcJsChannel,
} from "@grpc/grpc-js";
import { type BlockChannel, blockChannel } from "./blocks/channel.ts";
import { createCallOpener } from "./grpc-call.ts";
import { clientStreamCall, responseStreamCall, unaryCall } from "./grpc-client-calls.ts";
import { defaultFlowControlWindow, defaultMaxReceiveBytes, pemOf, quietGrpc } from "./grpc-common.ts";
import { guardConnecting } from "./grpc-internals.ts";
import { createClients } from "./method-table.ts";
import type { Channel } from "./types.ts";

/** Where a gRPC peer is and how to talk to it. */
export interface GrpcChannelOptions {
  /** `host:port`, `dns:///host:port` (round robin over all addresses) or `unix:/path`. */
  address: string;
  /**
   * PEM of the only CA trusted (TLS >= 1.2; system roots are not added), or what gives it, asked for each connection: a CA
   * is replaced one day. Absent: plaintext.
   */
  ca?: string | Uint8Array | (() => string);
  /** Name verified in the peer's certificate; default the address host. */
  serverName?: string;
  /** File with a bearer token, re-read for every call and sent as `authorization: Bearer <token>`. */
  tokenFile?: string;
  /** Deadline of unary calls that set none, milliseconds (default 10 000). */
  defaultTimeoutMs?: number;
  /** A connection without calls is closed after this long, milliseconds (at least 1 000; default 30 minutes); the next call makes a new one. */
  idleTimeoutMs?: number;
  /** HTTP/2 stream window in bytes (default 4 MiB). */
  flowControlWindow?: number;
  /** Largest message accepted, bytes (default 32 MiB). */
  maxReceiveBytes?: number;
}

/** A channel over a connection. */
export interface GrpcChannel extends Channel {
  /**
   * Calls whose messages are blocks of bytes, over a connection of their own, for callers that need neither iterators
   * nor message objects.
   */
  readonly blocks: BlockChannel;
  /** As `blocks`, for much data: over one more connection, and in pieces of at most 256 KiB. */
  readonly bulk: BlockChannel;
  /** As `blocks`, for what somebody looks at: not behind much data. */
  readonly interactive: BlockChannel;
  /** As `blocks`, for commands. */
  readonly commands: BlockChannel;
}

/** How long the TLS handshake with a peer may take, milliseconds. */
const handshakeMs = 5_000;

/** A channel to a gRPC peer. Connects on the first call and reconnects by itself. */
export const grpcChannel = (options: GrpcChannelOptions): GrpcChannel => {
  quietGrpc();
  let closed = false;
  const guarded = guardConnecting(
    () => channelCredentials(options),
    handshakeMs,
    () => closed,
  );
  const channel = new GrpcJsChannel(options.address, guarded, channelOptions(options));
  const opener = createCallOpener({
    channel,
    tokenFile: options.tokenFile,
    defaultTimeoutMs: options.defaultTimeoutMs ?? 10_000,
  });
  const blocks = blockChannel(options);
  const bulk = blockChannel({ ...options, purpose: "bulk", readBytes: 256 << 10 });
  const interactive = blockChannel({ ...options, purpose: "bulk" });
  const commands = blockChannel({ ...options, purpose: "commands" });
  const callable = (method: DescMethod) => {
    if (method.methodKind === "unary") return unaryCall(method, opener);
    if (method.methodKind === "client_streaming") return clientStreamCall(method, opener);
    return responseStreamCall(method, opener);
  };
  return {
    client: createClients(callable),
    blocks,
    bulk,
    interactive,
    commands,
    async close() {
      closed = true;
      blocks.close();
      bulk.close();
      interactive.close();
      commands.close();
      channel.close();
    },
  };
};

const channelCredentials = ({ ca }: GrpcChannelOptions): ChannelCredentials =>
  ca === undefined
    ? credentials.createInsecure()
    : credentials.createFromSecureContext(createSecureContext({ ca: pemOf(ca), minVersion: "TLSv1.2" }));

const channelOptions = (options: GrpcChannelOptions): ChannelOptions => {
  const policy = options.address.startsWith("dns:") ? "round_robin" : "pick_first";
  return {
    "grpc-node.flow_control_window": options.flowControlWindow ?? defaultFlowControlWindow,
    "grpc.max_receive_message_length": options.maxReceiveBytes ?? defaultMaxReceiveBytes,
    "grpc.max_send_message_length": -1,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ [policy]: {} }] }),
    "grpc.service_config_disable_resolution": 1,
    // Connections belong to this channel, so that close() really ends them.
    "grpc.use_local_subchannel_pool": 1,
    // Services of one platform: a proxy in the environment is for the outside world.
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
    ...(options.idleTimeoutMs === undefined ? {} : { "grpc.client_idle_timeout_ms": options.idleTimeoutMs }),
    // A service that moved is looked up again when a connection is lost; grpc-js's own limit is half a minute.
    "grpc.dns_min_time_between_resolutions_ms": 2_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 5_000,
    ...(options.serverName && options.ca !== undefined
      ? { "grpc.ssl_target_name_override": options.serverName, "grpc.default_authority": options.serverName }
      : {}),
  };
};
