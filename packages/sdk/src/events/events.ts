import type { EventsClientMessage, EventsProblem, EventsServerMessage } from "@k8shell/contract";
import { createEmitter } from "../emitter.ts";
import { K8shellError } from "../error.ts";
import type { Transport } from "../transport.ts";
import { createEventsConnection } from "./connection.ts";
import { createHandover } from "./handover.ts";
import type { Events, EventsStatus, StreamEvent } from "./types.ts";

/** So many events of a stream are taken before they are acknowledged together. */
const acknowledgeEvery = 16;

type About = Exclude<EventsServerMessage, { type: "ready" }>;

/** Something that is followed, whatever connection it is followed over. */
interface Subscription {
  /** How it is asked for, on a new connection too. */
  request(): Omit<Extract<EventsClientMessage, { type: "subscribe" }>, "id" | "type">;
  take(message: About): void;
  /** The connection was lost. False: it cannot go on. */
  lost(): boolean;
  refused(error: K8shellError): void;
}

const errorOf = (problem: EventsProblem): K8shellError => {
  const { msg, status, code, requestId, retryAfterMs } = problem;
  return new K8shellError(msg, { status, code, requestId, ...(retryAfterMs ? { retryAfterMs } : {}) });
};

const lostError = () => new K8shellError("The connection was lost.", { status: 0, code: "network_error" });

/** Follows answers and streams of the API over one WebSocket (docs/protocols/events.md). */
export const createEvents = (transport: Transport): Events => {
  const subscriptions = new Map<string, Subscription>();
  const emitter = createEmitter<{ status: EventsStatus }>();
  let ids = 0;

  const remove = (id: string): boolean => {
    const known = subscriptions.delete(id);
    if (known && subscriptions.size === 0) connection.leave();
    return known;
  };

  const connection = createEventsConnection(transport, {
    onOpen() {
      for (const [id, subscription] of subscriptions) {
        connection.send({ type: "subscribe", id, ...subscription.request() });
      }
    },
    onMessage(message) {
      if (message.type === "ready") return;
      const subscription = subscriptions.get(message.id);
      if (message.type === "error" || message.type === "end") remove(message.id);
      subscription?.take(message);
    },
    onLost() {
      for (const [id, subscription] of [...subscriptions]) if (!subscription.lost()) remove(id);
    },
    onRefused(error) {
      const all = [...subscriptions.values()];
      subscriptions.clear();
      for (const subscription of all) subscription.refused(error);
    },
    onStatus: (status) => emitter.emit("status", status),
  });

  /** Begins a subscription; returns its id and what ends it. */
  const add = (subscription: Subscription) => {
    const id = String(++ids);
    subscriptions.set(id, subscription);
    connection.want();
    connection.send({ type: "subscribe", id, ...subscription.request() });
    return {
      id,
      end() {
        if (remove(id)) connection.send({ type: "unsubscribe", id });
      },
    };
  };

  const follow: Events["follow"] = (path, { onState, onProblem, onRecovered, onError }, { signal } = {}) => {
    signal?.throwIfAborted();
    let etag: string | undefined;
    let isUncertain = false;
    const stop = () => {
      signal?.removeEventListener("abort", stop);
      subscription.end();
    };
    const problem = (error: K8shellError) => {
      isUncertain = true;
      onProblem?.(error);
    };
    const refused = (error: K8shellError) => {
      signal?.removeEventListener("abort", stop);
      onError?.(error);
    };
    const subscription = add({
      request: () => ({ path, ...(etag === undefined ? {} : { etag }) }),
      take(message) {
        if (message.type === "error") refused(errorOf(message));
        else if (message.type === "problem") problem(errorOf(message));
        else if (message.type === "state") {
          const wasUncertain = isUncertain;
          isUncertain = false;
          etag = message.etag;
          if ("body" in message) onState(message.body as never);
          else if (wasUncertain) onRecovered?.();
        }
      },
      lost() {
        if (!isUncertain) problem(lostError());
        return true;
      },
      refused,
    });
    signal?.addEventListener("abort", stop, { once: true });
    return stop;
  };

  const states: Events["states"] = async function* <T>(path: string, options = {}) {
    const { signal }: { signal?: AbortSignal } = options;
    const handover = createHandover<T>(signal, "newest");
    const stop = follow<T>(path, { onState: handover.put, onError: handover.fail });
    try {
      yield* handover.items();
    } finally {
      stop();
    }
  };

  const stream: Events["stream"] = async function* <T>(
    path: string,
    { signal, lastEventId: first }: { signal?: AbortSignal; lastEventId?: string } = {},
  ) {
    const handover = createHandover<{ connection: number; seq: number; event: StreamEvent<T> }>(
      signal,
      "all",
    );
    let lastEventId = first;
    /** Something came that a new connection could not go on behind. */
    let isLoose = false;
    let acknowledged = 0;
    /** Of this connection: events of an earlier one are acknowledged to nobody. */
    let connected = 0;
    const { id, end } = add({
      request() {
        connected += 1;
        acknowledged = 0;
        return { path, mode: "stream", ...(lastEventId === undefined ? {} : { lastEventId }) };
      },
      take(message) {
        if (message.type === "error") handover.fail(errorOf(message));
        else if (message.type === "end") handover.end();
        else if (message.type === "event") {
          const { seq, eventId, data } = message;
          lastEventId = eventId;
          isLoose = eventId === undefined;
          const event = { ...(eventId === undefined ? {} : { eventId }), data: data as T };
          handover.put({ connection: connected, seq, event });
        }
      },
      lost() {
        if (isLoose) handover.fail(lostError());
        return !isLoose;
      },
      refused: handover.fail,
    });
    try {
      for await (const { connection: came, seq, event } of handover.items()) {
        yield event;
        if (came !== connected || seq - acknowledged < acknowledgeEvery) continue;
        acknowledged = seq;
        connection.send({ type: "ack", id, seq });
      }
    } finally {
      end();
    }
  };

  return {
    follow,
    states,
    stream,
    get status() {
      return connection.status;
    },
    onStatus: (listener) => emitter.on("status", listener),
    close() {
      const all = [...subscriptions.values()];
      subscriptions.clear();
      connection.close();
      const error = new K8shellError("The events were closed.", { status: 0, code: "closed" });
      for (const subscription of all) subscription.refused(error);
    },
  };
};
