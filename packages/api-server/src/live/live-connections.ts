import { randomUUID } from "node:crypto";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";

/** What a long-lived connection is for. Sockets are what people type into; streams only run one way. */
export const liveKinds = ["terminal", "app", "files", "events", "logs"] as const;
export type LiveKind = (typeof liveKinds)[number];

/** A long-lived connection, as its owner registers it. */
export interface LiveRegistration {
  readonly kind: LiveKind;
  readonly username: string;
  /** Organization and roles of the user when it was opened: lists are filtered by them. */
  readonly org?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  /** Web session it was opened with: SHA-256 in hex of the cookie's value (`Principal.credential.sessionId`). */
  readonly sessionId?: string | undefined;
  /** Personal access token it was opened with: SHA-256 in hex (`Principal.credential.hash`). */
  readonly tokenDigest?: string | undefined;
  /** First 13 characters of that token, which its owner knows it by. */
  readonly tokenPreview?: string | undefined;
  /** Name of the workspace it leads to. */
  readonly workspace?: string | undefined;
  readonly requestId?: string | undefined;
  readonly clientIp?: string | undefined;
  /** The connection's transport, for the number of bytes; what it carried before does not count. */
  readonly socket?: { readonly bytesRead: number; readonly bytesWritten: number } | undefined;
  /**
   * Closes the connection at once: a WebSocket with code 1008 and this reason (see `closeRevoked`), a response by
   * cutting it. Nothing that the client sends after it may have an effect. Called at most once.
   */
  close(reason: string): void;
  /**
   * May the connection stay? Asked from time to time and after changes of policy. Rejects with an ApiError whose status
   * is 401, 403 or 404 when not; any other failure leaves it open. Resolves to the instant when it must be asked again
   * (epoch milliseconds), if that is known.
   * @param active the client did something since the last time (see `touch`)
   */
  recheck?(active: boolean): Promise<number | undefined>;
}

export interface LiveConnection {
  readonly id: string;
  /** The client did something that shows it is used: typed, sent a request. Not a heartbeat. */
  touch(): void;
  /** The connection is over. Safe to call twice. */
  done(): void;
}

/** An open connection as others see it. */
export interface LiveRecord
  extends Omit<LiveRegistration, "close" | "recheck" | "socket" | "requestId" | "clientIp"> {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** Epoch milliseconds of the client's last action. */
  readonly lastActiveAt: number;
  readonly requestId: string;
  readonly clientIp: string;
  /** On the wire, framing included. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

export interface LiveConnections {
  /**
   * Registers a connection before it is accepted.
   * @throws ApiError too_many_requests when the user or the server has as many as allowed
   */
  register(registration: LiveRegistration): LiveConnection;
  list(): LiveRecord[];
  get(id: string): LiveRecord | undefined;
  /** Closes those that match. Returns how many. */
  closeWhere(match: (connection: LiveRecord) => boolean, reason: string): number;
  /** Asks every connection that matches whether it may stay, and closes those that may not. */
  recheck(match?: (connection: LiveRecord) => boolean): Promise<void>;
  /** Ends the regular checks. */
  close(): void;
  countOf(kind: LiveKind): number;
  /** All bytes that connections of the kind carried since the server began, those now open included. */
  bytesOf(kind: LiveKind): { readonly received: number; readonly sent: number };
}

/** How many connections there may be at the same time, on this server. */
export interface LiveLimits {
  readonly socketsPerUser: number;
  readonly sockets: number;
  readonly streamsPerUser: number;
  readonly streams: number;
}

/** Far above what people do; a few thousand sockets are within the memory of one server. */
export const defaultLiveLimits: LiveLimits = {
  socketsPerUser: 4_000,
  sockets: 20_000,
  streamsPerUser: 1_000,
  streams: 10_000,
};

export interface LiveConnectionsOptions {
  readonly limits?: Partial<LiveLimits>;
  readonly now?: () => number;
  /** Milliseconds after which a connection is checked again at the latest (default 60 000). */
  readonly recheckMs?: number;
  /** Told whose connections are others now. */
  readonly onChange?: (username: string) => void;
  /** Told that all connections are checked again: what people may do has changed. */
  readonly onRecheckAll?: () => void;
  /** Told of failures that say nothing about whether a connection may stay. */
  readonly onRecheckFailure?: (error: unknown, connection: LiveRecord) => void;
}

type Family = "socket" | "stream";
const familyOf = (kind: LiveKind): Family => (kind === "terminal" || kind === "app" ? "socket" : "stream");

/** How often it is looked for connections that are due, milliseconds. Each is due for the first time after this. */
const tickMs = 3_000;
/** Re-checks that run at the same time: a change of policy must not become a burst upon the services. */
const recheckConcurrency = 8;

const refuses = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 401 || error.status === 403 || error.status === 404);

/** The credential of a caller in the words of a registration. */
export const credentialOf = ({
  username,
  org,
  roles,
  credential,
}: Principal): Pick<
  LiveRegistration,
  "username" | "org" | "roles" | "sessionId" | "tokenDigest" | "tokenPreview"
> => ({
  username,
  org,
  roles,
  sessionId: credential.kind === "session" ? credential.sessionId : undefined,
  tokenDigest: credential.kind === "pat" ? credential.hash : undefined,
  tokenPreview: credential.kind === "pat" ? credential.preview : undefined,
});

class Connection implements LiveRecord {
  readonly id = randomUUID();
  readonly kind: LiveKind;
  readonly username: string;
  readonly org: string | undefined;
  readonly roles: readonly string[] | undefined;
  readonly sessionId: string | undefined;
  readonly tokenDigest: string | undefined;
  readonly tokenPreview: string | undefined;
  readonly workspace: string | undefined;
  readonly requestId: string;
  readonly clientIp: string;
  readonly openedAt: number;
  readonly registration: LiveRegistration;
  lastActiveAt: number;
  /** `lastActiveAt` at the last re-check. */
  checkedAt: number;
  /** When it is checked next, epoch milliseconds. */
  dueAt: number;
  closing = false;
  readonly #received: number;
  readonly #sent: number;

  constructor(registration: LiveRegistration, openedAt: number) {
    this.registration = registration;
    this.kind = registration.kind;
    this.username = registration.username;
    this.org = registration.org;
    this.roles = registration.roles;
    this.sessionId = registration.sessionId;
    this.tokenDigest = registration.tokenDigest;
    this.tokenPreview = registration.tokenPreview;
    this.workspace = registration.workspace;
    this.requestId = registration.requestId ?? "";
    this.clientIp = registration.clientIp ?? "";
    this.openedAt = openedAt;
    this.lastActiveAt = openedAt;
    this.checkedAt = openedAt;
    this.dueAt = openedAt + tickMs;
    this.#received = registration.socket?.bytesRead ?? 0;
    this.#sent = registration.socket?.bytesWritten ?? 0;
  }

  get bytesReceived(): number {
    return (this.registration.socket?.bytesRead ?? 0) - this.#received;
  }

  get bytesSent(): number {
    return (this.registration.socket?.bytesWritten ?? 0) - this.#sent;
  }
}

/**
 * Every long-lived connection of this server: who has it, by which session or token, to which workspace. What revokes
 * access closes the right ones here. The state is this server's own; what concerns all replicas is told to each of them
 * (see `revocations.ts`).
 */
export const createLiveConnections = (options: LiveConnectionsOptions = {}): LiveConnections => {
  const { now = Date.now, recheckMs = 60_000, onRecheckFailure, onRecheckAll, onChange } = options;
  const limits: LiveLimits = { ...defaultLiveLimits, ...options.limits };
  const open = new Map<string, Connection>();
  const totals = { socket: 0, stream: 0 };
  const perUser = { socket: new Map<string, number>(), stream: new Map<string, number>() };
  const finished = new Map<LiveKind, { received: number; sent: number }>();

  const refuseMore = (family: Family, username: string): void => {
    const own = perUser[family].get(username) ?? 0;
    const max = family === "socket" ? limits.socketsPerUser : limits.streamsPerUser;
    const what = family === "socket" ? "sockets" : "streams";
    const headers = { "retry-after": "30" };
    if (own >= max) {
      throw new ApiError(
        "too_many_requests",
        `You have ${own} open ${what}, which is the limit: close some.`,
        {
          headers,
        },
      );
    }
    if (totals[family] >= (family === "socket" ? limits.sockets : limits.streams)) {
      throw new ApiError(
        "too_many_requests",
        `The server has as many open ${what} as it may; try again later.`,
        {
          headers,
        },
      );
    }
  };

  const count = (family: Family, username: string, change: 1 | -1): void => {
    totals[family] += change;
    const own = (perUser[family].get(username) ?? 0) + change;
    if (own > 0) perUser[family].set(username, own);
    else perUser[family].delete(username);
  };

  const bytesOf = (kind: LiveKind) => {
    const sum = { ...(finished.get(kind) ?? { received: 0, sent: 0 }) };
    for (const connection of open.values()) {
      if (connection.kind !== kind) continue;
      sum.received += connection.bytesReceived;
      sum.sent += connection.bytesSent;
    }
    return sum;
  };

  const remove = (connection: Connection): void => {
    if (!open.delete(connection.id)) return;
    count(familyOf(connection.kind), connection.username, -1);
    const sum = finished.get(connection.kind) ?? { received: 0, sent: 0 };
    sum.received += connection.bytesReceived;
    sum.sent += connection.bytesSent;
    finished.set(connection.kind, sum);
    onChange?.(connection.username);
  };

  const close = (connection: Connection, reason: string): void => {
    if (connection.closing) return;
    connection.closing = true;
    connection.registration.close(reason);
  };

  const recheckOne = async (connection: Connection): Promise<void> => {
    const active = connection.lastActiveAt > connection.checkedAt;
    connection.checkedAt = connection.lastActiveAt;
    connection.dueAt = now() + recheckMs;
    try {
      const until = await connection.registration.recheck?.(active);
      if (until !== undefined) connection.dueAt = Math.min(connection.dueAt, until);
    } catch (error) {
      if (!open.has(connection.id)) return;
      if (refuses(error)) close(connection, error.status === 401 ? "signed out" : "no longer allowed");
      else onRecheckFailure?.(error, connection);
    }
  };

  const recheckAll = async (match: (connection: Connection) => boolean): Promise<void> => {
    const waiting = [...open.values()].filter(
      (connection) => connection.registration.recheck && !connection.closing && match(connection),
    );
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await recheckOne(next);
    };
    await Promise.all(Array.from({ length: Math.min(recheckConcurrency, waiting.length) }, work));
  };

  let checking = false;
  const checkDue = async (): Promise<void> => {
    if (checking) return;
    checking = true;
    const at = now();
    await recheckAll(({ dueAt }) => dueAt <= at);
    checking = false;
  };
  const timer = setInterval(checkDue, tickMs).unref();

  return {
    register(registration) {
      const family = familyOf(registration.kind);
      refuseMore(family, registration.username);
      const connection = new Connection(registration, now());
      open.set(connection.id, connection);
      count(family, connection.username, 1);
      onChange?.(connection.username);
      return {
        id: connection.id,
        touch() {
          connection.lastActiveAt = now();
        },
        done: () => remove(connection),
      };
    },
    list: () => [...open.values()],
    get: (id) => open.get(id),
    closeWhere(match, reason) {
      let closed = 0;
      for (const connection of [...open.values()]) {
        if (connection.closing || !match(connection)) continue;
        close(connection, reason);
        closed += 1;
      }
      return closed;
    },
    recheck(match) {
      if (!match) onRecheckAll?.();
      return recheckAll(match ?? (() => true));
    },
    close() {
      clearInterval(timer);
    },
    countOf(kind) {
      let total = 0;
      for (const connection of open.values()) if (connection.kind === kind) total += 1;
      return total;
    },
    bytesOf,
  };
};
