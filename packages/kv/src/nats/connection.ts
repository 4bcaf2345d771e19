import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type Status } from "@nats-io/transport-node";
import { KvUnavailableError } from "../types.ts";
import { within } from "./deadline.ts";
import { isRefusedLogin, NatsSettingsError } from "./errors.ts";
import type { NatsKvOptions } from "./options.ts";
import { parseNatsUrl } from "./servers.ts";

export interface Live {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

/** A connection that comes back for ever. */
export interface NatsLink {
  /**
   * Runs `work` on the connection, within the deadline of an operation. A lost connection is waited for only while it
   * was lost a moment ago: later callers are refused at once.
   * @throws KvUnavailableError
   */
  run<T>(detail: string, work: (live: Live) => Promise<T>): Promise<T>;
  /** Resolves when there is a connection; rejects when the link is closed. */
  connected(): Promise<Live>;
  /** Called when the connection comes up (again). */
  onUp(listener: () => void): () => void;
  /** Called when the connection is lost, or the link closed. */
  onDown(listener: () => void): () => void;
  readonly timeoutMs: number;
  readonly closed: boolean;
  close(): Promise<void>;
}

/** Between tries to connect, milliseconds. */
const retryMs = 1_000;
/** A try to connect, milliseconds. */
const dialMs = 3_000;
/** What the library waits longer than we do, milliseconds: its timers know nothing of a process without a processor. */
const spareMs = 3_000;
/** Between log lines of tries that fail, milliseconds. */
const complainMs = 30_000;
/** A silent connection is noticed after three of these, milliseconds. */
const pingMs = 3_000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Connects, waiting at most `startWaitMs`, and goes on trying after it.
 * @throws NatsSettingsError for settings with which it can never succeed: an address that is none, refused credentials
 */
export const linkNats = async (options: NatsKvOptions): Promise<NatsLink> => {
  const { log, timeoutMs = 2_000, startWaitMs = 15_000 } = options;
  const { servers, tls, ...inUrl } = parseNatsUrl(options.url);
  const user = options.username ?? inUrl.username;
  const pass = options.password ?? inUrl.password;
  const encrypted = tls || options.ca !== undefined;
  const where = { servers: servers.join(",") };

  let connection: NatsConnection | undefined;
  let live: Live | undefined;
  let up = Promise.withResolvers<Live>();
  up.promise.catch(() => {});
  let downSince = Date.now();
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  const ups = new Set<() => void>();
  const downs = new Set<() => void>();

  const closedError = () => new KvUnavailableError("the key-value store is closed");

  const goUp = (now: Live) => {
    if (closed || live) return;
    live = now;
    up.resolve(now);
    for (const listener of [...ups]) listener();
  };
  const goDown = () => {
    if (!live) return;
    live = undefined;
    downSince = Date.now();
    up = Promise.withResolvers();
    up.promise.catch(() => {});
    for (const listener of [...downs]) listener();
  };

  const dial = () =>
    connect({
      servers,
      name: "k8shell-api-server",
      ...(options.token === undefined ? { user, pass } : { token: options.token }),
      ...(encrypted ? { tls: options.ca === undefined ? {} : { ca: options.ca } } : {}),
      timeout: dialMs,
      pingInterval: pingMs,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      reconnectTimeWait: retryMs,
      // Credentials that are being replaced are refused for a while: that must not be the end.
      ignoreAuthErrorAbort: true,
    });

  const follow = async (now: Live) => {
    for await (const status of now.nc.status()) notice(status, now);
  };
  const notice = (status: Status, now: Live) => {
    switch (status.type) {
      case "disconnect":
        if (!closed) log.warn(where, "lost the connection to NATS; trying to get it back");
        goDown();
        return;
      case "reconnect":
        log.info(where, "connected to NATS again");
        goUp(now);
        return;
      case "error":
        log.warn({ ...where, reason: status.error.message }, "NATS reports an error");
        return;
    }
  };

  const adopt = async (nc: NatsConnection): Promise<void> => {
    if (closed) return nc.close();
    const now: Live = {
      nc,
      js: jetstream(nc, { timeout: timeoutMs + spareMs, checkAPI: false }),
      jsm: await jetstreamManager(nc, { timeout: timeoutMs + spareMs, checkAPI: false }),
    };
    connection = nc;
    void follow(now);
    void nc.closed().then(() => {
      goDown();
      if (!closed) keepDialing();
    });
    log.info({ ...where, version: nc.info?.version }, "connected to NATS");
    goUp(now);
  };

  let complainedAt = Date.now();
  const keepDialing = () => {
    retry = setTimeout(async () => {
      try {
        await adopt(await dial());
      } catch (error) {
        if (closed) return;
        if (Date.now() - complainedAt > complainMs) {
          complainedAt = Date.now();
          log.warn({ ...where, reason: reasonOf(error) }, "still cannot connect to NATS; trying again");
        }
        keepDialing();
      }
    }, retryMs);
    retry.unref();
  };

  const refused = (error: unknown) =>
    new NatsSettingsError(
      options.token === undefined && user === undefined
        ? "NATS refuses a connection without credentials"
        : `NATS refuses the ${options.token === undefined ? `password of the user "${user}"` : "token"}`,
      { cause: error },
    );

  const giveUpAt = Date.now() + startWaitMs;
  for (;;) {
    try {
      await adopt(await dial());
      break;
    } catch (error) {
      if (isRefusedLogin(error)) throw refused(error);
      const left = giveUpAt - Date.now() - retryMs;
      const seconds = Math.max(0, Math.round(left / 1000));
      if (left <= 0) {
        log.error(
          { ...where, reason: reasonOf(error) },
          "cannot connect to NATS: starting without; web sessions, jobs and locks wait for it, and it is tried for ever",
        );
        keepDialing();
        break;
      }
      log.warn(
        { ...where, reason: reasonOf(error) },
        `cannot connect to NATS; trying again for ${seconds} more seconds before starting without`,
      );
      await new Promise((resume) => setTimeout(resume, retryMs));
    }
  }

  const reach = async (): Promise<Live> => {
    if (closed) throw closedError();
    if (live) return live;
    const left = downSince + timeoutMs - Date.now();
    if (left <= 0) throw new KvUnavailableError("there is no connection to the key-value store");
    return within(left, "the connection", up.promise);
  };

  return {
    timeoutMs,
    get closed() {
      return closed;
    },
    run: (detail, work) => within(timeoutMs, detail, reach().then(work)),
    connected: async () => {
      if (closed) throw closedError();
      return live ?? up.promise;
    },
    onUp(listener) {
      ups.add(listener);
      return () => ups.delete(listener);
    },
    onDown(listener) {
      downs.add(listener);
      return () => downs.delete(listener);
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(retry);
      goDown();
      up.reject(closedError());
      await connection?.close();
    },
  };
};
