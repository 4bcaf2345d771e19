import type { ErrorCode } from "./errors.ts";

/** Subprotocol of the event socket (docs/protocols/events.md). */
export const eventsProtocol = "k8shell-events-v1";

/** What a client sends: JSON in text frames. */
export type EventsClientMessage =
  /** Follows a GET of the API. Ids are the client's choice and are not used again on the same socket. */
  | {
      readonly type: "subscribe";
      readonly id: string;
      /** Path and query below `/api/v1`, e.g. `/workspaces?all=true`; with that prefix it is understood too. */
      readonly path: string;
      /** `state` (default): its JSON now and whenever it changed. `stream`: the parts of its stream. */
      readonly mode?: "state" | "stream";
      /** State: the `etag` of what the client has; an answer that is still the same comes without its body. */
      readonly etag?: string;
      /** Stream: the `eventId` of the last event that the client has. */
      readonly lastEventId?: string;
    }
  | { readonly type: "unsubscribe"; readonly id: string }
  /** The events of a stream up to number `seq` have been dealt with: as many more may be sent. */
  | { readonly type: "ack"; readonly id: string; readonly seq: number };

/** What is wrong, in the words of an error body. */
export interface EventsProblem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly msg: string;
  readonly requestId: string;
  readonly retryAfterMs?: number;
}

/** What the server sends: JSON in text frames. */
export type EventsServerMessage =
  /** The first message. */
  | {
      readonly type: "ready";
      /** Subscriptions that a socket may have at a time. */
      readonly maxSubscriptions: number;
      /** Largest message of a client, bytes. */
      readonly maxMessageBytes: number;
      /** Events of a stream that are sent without an `ack`. */
      readonly streamWindow: number;
    }
  /** What the GET would answer now. Without `body`: as the client has it. */
  | { readonly type: "state"; readonly id: string; readonly etag: string; readonly body?: unknown }
  /** The state cannot be told now; the subscription goes on, and the next `state` says that it can again. */
  | ({ readonly type: "problem"; readonly id: string } & EventsProblem)
  /** A part of a stream: text, or JSON where the stream carries that. `seq` counts from 1. */
  | {
      readonly type: "event";
      readonly id: string;
      readonly seq: number;
      readonly eventId?: string;
      readonly data: unknown;
    }
  /** The stream is over; so is the subscription. */
  | { readonly type: "end"; readonly id: string }
  /** The subscription is over, or was refused. */
  | ({ readonly type: "error"; readonly id: string } & EventsProblem);

/** Close codes of the event socket beside those of RFC 6455. */
export const eventsCloseCode = {
  /** The client does not read what it asked for. */
  tooSlow: 4008,
} as const;
