import { STATUS_CODES } from "node:http";
import { type CallObserver, Code, codeName } from "@k8shell/rpc";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { LiveConnections } from "../live/live-connections.ts";
import { liveKinds } from "../live/live-connections.ts";
import type { BackendHealth } from "../routes/health.ts";
import { createHistogram, type Series } from "./histogram.ts";

/** What is asked when somebody reads the metrics. */
export interface MetricSources {
  readonly live: Pick<LiveConnections, "countOf" | "bytesOf">;
  /** State of every backend, by name. */
  readonly backends: () => Promise<Readonly<Record<string, BackendHealth>>>;
  /** Open TCP connections. */
  readonly connections: () => Promise<number>;
  readonly webSockets: () => number;
  /** Connections to app hosts. */
  readonly appConnections: () => number;
  /** What they carried since the server began. */
  readonly appBytes: () => { readonly received: number; readonly sent: number };
  /** Kept channels to workspaces. */
  readonly workspaceChannels: () => number;
}

/** A pool of database connections, as it is now. */
export interface DatabasePool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface Metrics {
  /** A request is over. `route` is the pattern of its declaration, never the path. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** A request to an app host is over; with 101, a WebSocket of an app has begun. */
  appRequest(status: number, seconds: number): void;
  /** A request was refused by a rate limit. */
  limited(limit: string): void;
  /** A call to the key-value store. */
  kv(operation: string, outcome: "ok" | "conflict" | "failed", seconds: number): void;
  /** A service has this pool of database connections. */
  readonly databasePool: (service: string, pool: DatabasePool) => void;
  /** Observes the calls to services. */
  readonly calls: CallObserver;
  readonly contentType: string;
  /** Everything, in the text format of Prometheus. */
  render(sources: MetricSources): Promise<string>;
  close(): void;
}

const splitPath = (path: string): readonly [service: string, method: string] => {
  const [, service = "", method = ""] = path.split("/");
  return [service, method];
};

/** What is measured. No label value comes from a user. */
export const createMetrics = (version: string): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const info = new Gauge({ name: "k8shell_info", help: "Version.", labelNames: ["version"], registers });
  info.set({ version }, 1);
  const requests = createHistogram({
    name: "k8shell_http_request_duration_seconds",
    help: "Requests by method, route and status; 101 is the handshake of a WebSocket.",
    labels: ["method", "route", "status"],
  });
  const appRequests = createHistogram({
    name: "k8shell_app_request_duration_seconds",
    help: "Requests to app hosts by status, the app's time included; 101 is the handshake of a WebSocket.",
    labels: ["status"],
  });
  const calls = createHistogram({
    name: "k8shell_rpc_duration_seconds",
    help: "Unary calls to services, embedded or remote, by gRPC status.",
    labels: ["service", "method", "code"],
  });
  const kv = createHistogram({
    name: "k8shell_kv_duration_seconds",
    help: "Operations of the key-value store.",
    labels: ["operation", "outcome"],
  });
  /** Of the calls that succeed, by path: nearly all. */
  const succeeded = new Map<string, Series>();
  const seriesOf = (path: string, code: Code): Series => {
    const known = code === Code.Ok ? succeeded.get(path) : undefined;
    if (known) return known;
    const [service, method] = splitPath(path);
    const series = calls.of(service, method, codeName(code));
    if (code === Code.Ok) succeeded.set(path, series);
    return series;
  };
  const streams = new Counter({
    name: "k8shell_rpc_streams_total",
    help: "Streams begun to services.",
    labelNames: ["service", "method"],
    registers,
  });
  const limited = new Counter({
    name: "k8shell_rate_limited_total",
    help: "Requests refused by a rate limit.",
    labelNames: ["limit"],
    registers,
  });
  const liveConnections = new Gauge({
    name: "k8shell_live_connections",
    help: "Registered long-lived connections.",
    labelNames: ["kind"],
    registers,
  });
  const liveBytes = new Counter({
    name: "k8shell_live_bytes_total",
    help: "Bytes of registered connections on the wire.",
    labelNames: ["kind", "direction"],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const connections = gauge("k8shell_connections", "Open TCP connections.");
  const webSockets = gauge("k8shell_websockets", "Open WebSockets.");
  const appConnections = gauge("k8shell_app_connections", "Open connections to app hosts.");
  const appBytes = new Counter({
    name: "k8shell_app_bytes_total",
    help: "Bytes of connections to app hosts.",
    labelNames: ["direction"],
    registers,
  });
  const channels = gauge("k8shell_workspace_channels", "Kept gRPC channels to workspaces.");
  const pools = new Map<string, DatabasePool>();
  const poolUse = new Gauge({
    name: "k8shell_database_connections",
    help: "Connections to PostgreSQL in use and idle, and statements that wait for one.",
    labelNames: ["service", "state"],
    registers,
  });
  const backendUp = new Gauge({
    name: "k8shell_backend_up",
    help: "1: the service answers, 0: it does not.",
    labelNames: ["backend", "mode"],
    registers,
  });

  const ask = async (sources: MetricSources): Promise<void> => {
    for (const kind of liveKinds) {
      liveConnections.set({ kind }, sources.live.countOf(kind));
    }
    liveBytes.reset();
    for (const kind of liveKinds) {
      const { received, sent } = sources.live.bytesOf(kind);
      liveBytes.inc({ kind, direction: "received" }, received);
      liveBytes.inc({ kind, direction: "sent" }, sent);
    }
    webSockets.set(sources.webSockets());
    appConnections.set(sources.appConnections());
    const { received, sent } = sources.appBytes();
    appBytes.reset();
    appBytes.inc({ direction: "received" }, received);
    appBytes.inc({ direction: "sent" }, sent);
    channels.set(sources.workspaceChannels());
    for (const [service, { totalCount, idleCount, waitingCount }] of pools) {
      poolUse.set({ service, state: "used" }, totalCount - idleCount);
      poolUse.set({ service, state: "idle" }, idleCount);
      poolUse.set({ service, state: "waiting" }, waitingCount);
    }
    connections.set(await sources.connections());
    for (const [backend, { status, mode }] of Object.entries(await sources.backends())) {
      if (status !== "disabled") backendUp.set({ backend, mode }, status === "ok" ? 1 : 0);
    }
  };

  return {
    request: (method, route, status, seconds) => requests.of(method, route, String(status)).observe(seconds),
    // Apps can answer with any number.
    appRequest: (status, seconds) =>
      appRequests.of(status === 499 || status in STATUS_CODES ? String(status) : "other").observe(seconds),
    limited: (limit) => limited.inc({ limit }),
    databasePool: (service, pool) => void pools.set(service, pool),
    kv: (operation, outcome, seconds) => kv.of(operation, outcome).observe(seconds),
    calls: {
      begin(path, streaming) {
        if (streaming) {
          const [service, method] = splitPath(path);
          streams.inc({ service, method });
        }
        const startedAt = performance.now();
        return {
          end: (code) => seriesOf(path, code).observe((performance.now() - startedAt) / 1000),
        };
      },
    },
    contentType: registry.contentType,
    async render(sources) {
      await ask(sources);
      return `${await registry.metrics()}${requests.render()}${appRequests.render()}${calls.render()}${kv.render()}`;
    },
    close: () => registry.clear(),
  };
};
