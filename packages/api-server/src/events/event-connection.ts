import type { IncomingMessage } from "node:http";
import type { EventsClientMessage, EventsProblem } from "@k8shell/contract";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import { toApiError } from "../http/errors.ts";
import { closeCode } from "../http/websocket.ts";
import { closeRevoked } from "../live/close-revoked.ts";
import type { CallerAgain } from "../live/recheck.ts";
import { maxMessageBytes, readClientMessage } from "./client-message.ts";
import type { FoundQuery, QueryTable } from "./query-table.ts";
import type { Follower, SharedQueries, State } from "./shared-queries.ts";
import { createSocketWriter } from "./socket-writer.ts";
import { createStreamSubscription, type StreamSubscription, streamWindow } from "./stream-subscription.ts";

/** Subscriptions that a socket may have at a time. */
export const maxSubscriptions = 128;

export interface EventConnectionOptions {
  readonly socket: WebSocket;
  readonly opening: IncomingMessage;
  readonly principal: Principal;
  readonly requestId: string;
  readonly table: QueryTable;
  readonly shared: SharedQueries;
  readonly callerAgain: CallerAgain;
  /** Counts a subscription as a request. @throws ApiError too_many_requests */
  readonly count: (principal: Principal) => void;
  /** The user did something. */
  readonly touch: () => void;
  readonly log: Logger;
  /** Milliseconds that a client may read nothing. */
  readonly patienceMs?: number | undefined;
}

interface Subscription {
  ack(seq: number): boolean;
  end(): void;
}

const notFollowed = (path: string) =>
  new ApiError("not_found", `Nothing that can be followed is at ${path.slice(0, 200)}.`);
const wrongMode = (mode: string) =>
  new ApiError("bad_request", `This cannot be followed with mode "${mode}": try the other one.`);
const tooMany = () =>
  new ApiError("too_many_requests", `A socket has at most ${maxSubscriptions} subscriptions: end some.`);

const problemOf = (error: ApiError, requestId: string): EventsProblem => {
  const seconds = Number(error.headers["retry-after"]);
  return {
    status: error.status,
    code: error.code,
    msg: error.message,
    requestId,
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  };
};

/**
 * Serves one event socket. Call it in the same turn of the event loop in which the socket was accepted. States that the
 * client has not read yet are replaced by newer ones, streams are held back: memory per socket is bounded.
 */
export const serveEvents = (options: EventConnectionOptions): void => {
  const { socket, opening, principal, table, shared, callerAgain, count, touch, log } = options;
  const subscriptions = new Map<string, Subscription>();
  /** States that wait for room, by subscription. */
  const waiting = new Map<string, () => void>();
  let subscribed = 0;

  const flush = () => {
    for (const [id, sendState] of waiting) {
      if (!writer.hasRoom) return;
      waiting.delete(id);
      sendState();
    }
  };
  const writer = createSocketWriter(socket, flush, options.patienceMs);
  const send = (message: object) => writer.send(JSON.stringify(message));

  const endOf = (id: string): boolean => {
    waiting.delete(id);
    return subscriptions.delete(id);
  };

  /** Ends a subscription with an error, or the socket when nobody is signed in any more. */
  const refuse = (id: string, error: ApiError, requestId: string) => {
    endOf(id);
    send({ type: "error", id, ...problemOf(error, requestId) });
    if (error.status === 401) closeRevoked(socket, "signed out");
  };

  const followState = (id: string, found: FoundQuery, requestId: string, known: string | undefined) => {
    let has = known;
    const follower: Follower = {
      state({ text, etag }: State) {
        // Only the newest counts.
        waiting.delete(id);
        waiting.set(id, () => {
          const head = `{"type":"state","id":${JSON.stringify(id)},"etag":${JSON.stringify(etag)}`;
          writer.send(has === etag ? `${head}}` : `${head},"body":${text}}`);
          has = etag;
        });
        flush();
      },
      problem(error, failedRequest) {
        waiting.delete(id);
        send({ type: "problem", id, ...problemOf(error, failedRequest) });
      },
      refused: (error, failedRequest) => refuse(id, error, failedRequest),
    };
    const leave = shared.follow(found, { opening, principal, requestId }, follower);
    subscriptions.set(id, { ack: () => false, end: leave });
  };

  const runStream = async (
    id: string,
    { route, params, search }: FoundQuery,
    requestId: string,
    lastEventId: string | undefined,
    stream: StreamSubscription,
  ) => {
    const { side } = stream;
    const { authorization } = opening.headers;
    try {
      const current = await callerAgain({ principal, authorization }, false);
      const asking = {
        principal: current.principal,
        opening,
        requestId,
        params,
        search,
        signal: side.signal,
      };
      await route.stream({ ...asking, lastEventId, side });
      if (stream.revoked) throw stream.revoked;
      if (!side.signal.aborted && endOf(id)) send({ type: "end", id });
    } catch (cause) {
      const error = stream.revoked ?? toApiError(cause);
      if (!subscriptions.has(id)) return;
      if (error.status === 500) log.error({ err: cause, requestId }, "a followed stream failed");
      refuse(id, error, requestId);
    } finally {
      stream.end();
    }
  };

  const subscribe = (message: Extract<EventsClientMessage, { type: "subscribe" }>) => {
    const { id, path, mode = "state", etag, lastEventId } = message;
    const requestId = `${options.requestId}-${++subscribed}`;
    try {
      if (subscriptions.size >= maxSubscriptions) throw tooMany();
      count(principal);
      const found = table.find(path);
      if (!found) throw notFollowed(path);
      const { watch, follow } = found.route.spec;
      if (mode === "state") {
        if (!watch) throw wrongMode(mode);
        followState(id, found, requestId, etag);
        return;
      }
      if (!follow) throw wrongMode(mode);
      const stream = createStreamSubscription(id, follow, writer);
      subscriptions.set(id, { ack: stream.acknowledge, end: stream.end });
      void runStream(id, found, requestId, lastEventId, stream);
    } catch (error) {
      refuse(id, toApiError(error), requestId);
    }
  };

  const breach = (code: number, reason: string) => {
    socket.resume();
    socket.close(code, reason);
  };

  const take = (message: EventsClientMessage) => {
    const subscription = subscriptions.get(message.id);
    switch (message.type) {
      case "subscribe":
        touch();
        if (subscription) breach(closeCode.invalidPayload, `the id ${message.id} is in use`);
        else subscribe(message);
        break;
      case "unsubscribe":
        endOf(message.id);
        subscription?.end();
        break;
      case "ack":
        if (subscription && !subscription.ack(message.seq))
          breach(closeCode.invalidPayload, "an event that was not sent");
        break;
    }
  };

  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (isBinary) {
      breach(closeCode.unsupportedData, "messages are text");
      return;
    }
    const text = data.toString();
    if (Buffer.byteLength(text) > maxMessageBytes) {
      breach(closeCode.messageTooBig, `messages have at most ${maxMessageBytes} bytes`);
      return;
    }
    const message = readClientMessage(text);
    if (message) take(message);
    else breach(closeCode.invalidPayload, "not a message of this protocol");
  });
  socket.once("close", () => {
    for (const { end } of subscriptions.values()) end();
    subscriptions.clear();
    waiting.clear();
  });

  send({ type: "ready", maxSubscriptions, maxMessageBytes, streamWindow });
};
