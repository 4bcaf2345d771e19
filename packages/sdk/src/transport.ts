import { standardWebSocket } from "#web-socket";
import { errorOf, K8shellError } from "./error.ts";
import type { WebSocketFactory } from "./socket/web-socket.ts";
import { backOff, wait } from "./wait.ts";

/** Values of query parameters; undefined and null are left out. */
export type QueryValues = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface TransportOptions {
  /** Address of the server, e.g. `https://k8shell.example.org`; a path in front of `/api/v1` is kept. */
  readonly server: string;
  /** An access token or JWT, or a function that gives one for each request. Absent: the browser's session cookie. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Milliseconds for an answer to begin (default 30 000); each call may say otherwise. */
  readonly timeoutMs?: number;
  /** Further attempts after a failure that may pass, for requests that are safe to repeat (default 2). */
  readonly retries?: number;
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Instead of the browser's WebSocket, or of `ws` elsewhere. */
  readonly webSocket?: WebSocketFactory;
  /** Ends every request of this client; each throws its reason then. */
  readonly signal?: AbortSignal;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RequestOptions {
  /** Ends the call; it throws the signal's reason then. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the answer to begin; 0 for no limit. */
  readonly timeoutMs?: number;
}

export interface TransportRequest extends RequestOptions {
  readonly method: string;
  /** Below the server's address, e.g. `/api/v1/workspaces`; or absolute. */
  readonly path: string;
  readonly query?: QueryValues;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: BodyInit;
  /** May it be sent again after a failure? Default: by its method. */
  readonly repeatable?: boolean;
}

export interface Transport {
  /** The server's address without a trailing slash. */
  readonly server: string;
  /** The absolute address of a path. */
  url(path: string, query?: QueryValues): URL;
  /** Headers that say who is calling. */
  credentials(): Promise<Record<string, string>>;
  /** Headers of every request: those of the client, and the credentials. */
  headers(): Promise<Record<string, string>>;
  /** Begins WebSocket connections. */
  readonly webSocket: WebSocketFactory;
  /**
   * Sends a request and resolves with its answer, whose body has not been read.
   * @throws K8shellError for a status of 400 or more (304 and other codes below are answers), and when there is none
   */
  send(request: TransportRequest): Promise<Response>;
}

const repeatableMethods = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);
const passing = new Set([429, 502, 503, 504]);
/** A server that asks to wait longer than this is not waited for. */
const longestWaitMs = 30_000;

const eitherOf = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other);

/** How requests get to the server. Everything of this package goes through one. */
export const createTransport = (options: TransportOptions): Transport => {
  const server = options.server.replace(/\/+$/, "");
  const doFetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  const { timeoutMs: standardTimeoutMs = 30_000, retries = 2 } = options;

  const url = (path: string, query: QueryValues = {}): URL => {
    const target = /^https?:\/\//.test(path) ? new URL(path) : new URL(server + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) target.searchParams.set(name, String(value));
    }
    return target;
  };

  const credentials = async (): Promise<Record<string, string>> => {
    const token = typeof options.token === "function" ? await options.token() : options.token;
    return token ? { authorization: `Bearer ${token}` } : {};
  };

  const attempt = async (request: TransportRequest): Promise<Response> => {
    const { signal, timeoutMs = standardTimeoutMs } = request;
    signal?.throwIfAborted();
    const target = url(request.path, request.query);
    // A token goes to no other server than the one it is for.
    const own = target.origin === new URL(server).origin;
    const headers = new Headers({ accept: "application/json", ...options.headers });
    for (const [name, value] of Object.entries({
      ...(own ? await credentials() : {}),
      ...request.headers,
    })) {
      if (value !== undefined) headers.set(name, value);
    }
    const limit = new AbortController();
    const timer =
      timeoutMs > 0
        ? setTimeout(
            () =>
              limit.abort(
                new K8shellError(`The server did not answer within ${timeoutMs / 1000} seconds.`, {
                  status: 0,
                  code: "client_timeout",
                }),
              ),
            timeoutMs,
          )
        : undefined;
    try {
      const response = await doFetch(target, {
        method: request.method,
        headers,
        body: request.body,
        // The caller's signal also ends the reading of the body.
        signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
        credentials: own ? "same-origin" : "omit",
        redirect: "follow",
        // Streams can only be sent this way.
        ...(request.body instanceof ReadableStream ? { duplex: "half" } : {}),
      });
      if (response.status >= 400) throw await errorOf(response);
      return response;
    } catch (cause) {
      if (cause instanceof K8shellError) throw cause;
      signal?.throwIfAborted();
      if (limit.signal.reason instanceof K8shellError) throw limit.signal.reason;
      throw new K8shellError(`The server at ${server} cannot be reached.`, {
        status: 0,
        code: "network_error",
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  };

  const mayPass = (error: unknown): error is K8shellError =>
    error instanceof K8shellError && (error.code === "network_error" || passing.has(error.status));

  return {
    server,
    url,
    credentials,
    headers: async () => ({ ...options.headers, ...(await credentials()) }),
    webSocket: options.webSocket ?? standardWebSocket,
    async send(given) {
      const signal = eitherOf(given.signal, options.signal);
      const request = { ...given, signal };
      const repeatable = request.repeatable ?? repeatableMethods.has(request.method);
      const again = repeatable && !(request.body instanceof ReadableStream);
      for (let failures = 0; ; ) {
        try {
          return await attempt(request);
        } catch (error) {
          failures += 1;
          if (!again || failures > retries || !mayPass(error)) throw error;
          const pause = error.retryAfterMs ?? backOff(failures);
          if (pause > longestWaitMs) throw error;
          await wait(pause, signal);
        }
      }
    },
  };
};
