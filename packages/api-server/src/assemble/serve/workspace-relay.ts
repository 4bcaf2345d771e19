import { AppService, SshService, SystemService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import {
  type CallContext,
  type CallOptions,
  type GrpcChannelOptions,
  type GrpcServer,
  type GrpcServerOptions,
  grpcChannel,
  type ServiceRegistration,
  startGrpcServer,
} from "@k8shell/rpc";

/** How the relays of all workspaces are reached. */
export interface WorkspaceRelayOptions {
  /** Address the relays listen on, e.g. `0.0.0.0`; each takes a free port. */
  readonly host: string;
  readonly tls: GrpcServerOptions["tls"];
  readonly authenticate: GrpcServerOptions["authenticate"];
  /** Where a workspace's daemon listens on this machine; undefined when it does not run. */
  readonly daemonOf: (name: string) => GrpcChannelOptions | undefined;
  /** How often relays of workspaces that are gone are closed, milliseconds (default 30 000). */
  readonly sweepMs?: number;
}

export interface WorkspaceRelay {
  /** The port where a running workspace's daemon can be reached, opened on first use; undefined when it does not run. */
  portOf(name: string): Promise<number | undefined>;
  close(): Promise<void>;
}

interface Open {
  readonly key: string;
  readonly server: Promise<GrpcServer>;
  close(): Promise<void>;
}

/** What a caller says about a call, without what only concerns this hop. */
const passedOn = ({ metadata, signal, deadline }: CallContext): CallOptions => {
  const { authorization: _, ...rest } = metadata;
  const kept = Object.entries(rest).filter(([key]) => /^(session|exec|portforward|unixsocket)-id$/.test(key));
  return {
    metadata: Object.fromEntries(kept),
    signal,
    timeoutMs: deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(1, deadline - Date.now()),
  };
};

const services = [SystemService, SshService, AppService];

/** Every method of the daemon, answered by the daemon itself. */
const relayed = (channel: ReturnType<typeof grpcChannel>): ServiceRegistration[] =>
  services.map((service) => {
    const client: object = channel.client(service);
    const forward = (name: string) => (request: unknown, context: CallContext) => {
      const method: unknown = Reflect.get(client, name);
      if (typeof method !== "function") throw new TypeError(`${service.typeName} has no ${name}`);
      return method(request, passedOn(context));
    };
    const names = service.methods.map(({ localName }) => localName);
    return { service, implementation: Object.fromEntries(names.map((name) => [name, forward(name)])) };
  });

/**
 * Makes the daemons of this machine, which listen on unix sockets with tokens of their own, reachable over the network:
 * one port for each workspace, with the TLS and the token check of the service. A call keeps its identity metadata,
 * deadline, half-close and cancel.
 */
export const createWorkspaceRelay = (options: WorkspaceRelayOptions): WorkspaceRelay => {
  const { host, daemonOf } = options;
  const relays = new Map<string, Open>();
  const closing = new Set<Promise<void>>();
  let closed = false;

  const open = (key: string, daemon: GrpcChannelOptions): Open => {
    const channel = grpcChannel(daemon);
    const server = startGrpcServer({
      address: `${host.includes(":") ? `[${host}]` : host}:0`,
      services: relayed(channel),
      tls: options.tls,
      authenticate: options.authenticate,
    });
    return {
      key,
      server,
      async close() {
        await (await server.catch(() => undefined))?.close();
        await channel.close();
      },
    };
  };
  const drop = (name: string) => {
    const relay = relays.get(name);
    if (!relay) return;
    relays.delete(name);
    const done = relay.close().finally(() => closing.delete(done));
    closing.add(done);
  };
  const sweeper = setInterval(() => {
    for (const name of [...relays.keys()]) if (!daemonOf(name)) drop(name);
  }, options.sweepMs ?? 30_000).unref();

  return {
    async portOf(name) {
      const daemon = daemonOf(name);
      if (!daemon || closed) {
        drop(name);
        return undefined;
      }
      const key = JSON.stringify([daemon.address, daemon.tokenFile]);
      if (relays.get(name)?.key !== key) drop(name);
      const relay = relays.get(name) ?? open(key, daemon);
      relays.set(name, relay);
      try {
        const { address } = await relay.server;
        return Number(address.slice(address.lastIndexOf(":") + 1));
      } catch (error) {
        if (relays.get(name) === relay) drop(name);
        throw error;
      }
    },
    async close() {
      closed = true;
      clearInterval(sweeper);
      for (const name of [...relays.keys()]) drop(name);
      await Promise.all(closing);
    },
  };
};
