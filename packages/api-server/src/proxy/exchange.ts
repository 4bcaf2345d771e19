import { randomUUID } from "node:crypto";
import type { LiveConnection } from "../live/live-connections.ts";
import type { AppAnswer } from "./app-answer.ts";
import { type BodyScanner, createBodyScanner } from "./body.ts";
import type { FinishedAppRequest } from "./finished.ts";
import type { Grant } from "./grant.ts";
import type { RequestHead } from "./head.ts";
import type { Upstream } from "./upstreams.ts";

/** One request and its answer on their way. */
export interface Exchange {
  readonly head: RequestHead;
  readonly requestId: string;
  /** Address of the client. */
  readonly address: string;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt: number;
  /** Follows the request's body. */
  readonly request: BodyScanner;
  /** Undefined until it is admitted. */
  grant: Grant | undefined;
  hidesAuthorization: boolean;
  upstream: Upstream | undefined;
  /** Undefined until it is on its way to the app. */
  answer: AppAnswer | undefined;
  /** Status of an answer of our own. */
  ownStatus: number;
  /** Bytes sent to the client. */
  sent: number;
  /** The client's connection ends with it. */
  close: boolean;
  /** Where it is registered, once it lasts. */
  live: LiveConnection | undefined;
  /** It has been told of. */
  observed: boolean;
}

export const createExchange = (head: RequestHead, address: string): Exchange => ({
  head,
  requestId: randomUUID(),
  address,
  startedAt: performance.now(),
  request: createBodyScanner(head.framing),
  grant: undefined,
  hidesAuthorization: false,
  upstream: undefined,
  answer: undefined,
  ownStatus: 0,
  sent: 0,
  close: head.close,
  live: undefined,
  observed: false,
});

/** Status of an exchange that the client left before there was one (nginx's). */
const clientLeft = 499;

export const finishedRequest = (exchange: Exchange): FinishedAppRequest => {
  const { head, requestId, grant, answer, ownStatus, sent, startedAt, address } = exchange;
  return {
    requestId,
    head,
    place: grant,
    username: grant?.principal?.username,
    status: ownStatus || answer?.status || clientLeft,
    answerFields: answer?.fields ?? [],
    seconds: (performance.now() - startedAt) / 1000,
    bytes: sent,
    clientIp: address,
  };
};
