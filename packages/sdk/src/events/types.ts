import type { K8shellError } from "../error.ts";
import type { FollowPath } from "./path-of.ts";

/** Where the connection stands. `waiting`: it was lost, and is made again in a moment. */
export type EventsStatus = "idle" | "connecting" | "open" | "waiting";

export interface FollowHandlers<T> {
  /** What the request answers: at first, and whenever it has changed. */
  onState(state: T): void;
  /**
   * The state is not known now: a service or the network is away, or the workspace does not run. It goes on by itself; the
   * last state may be out of date until `onRecovered` or the next `onState`.
   */
  onProblem?(problem: K8shellError): void;
  /** The last state holds again. */
  onRecovered?(): void;
  /** It cannot be followed, or no longer: nothing more comes. */
  onError?(error: K8shellError): void;
}

/** A part of a stream. */
export interface StreamEvent<T> {
  /** Goes on behind this one when it is given as `lastEventId`; absent where the stream has no ids. */
  readonly eventId?: string;
  readonly data: T;
}

export interface EventsOptions {
  /** Ends it; an iterator throws the signal's reason then. */
  readonly signal?: AbortSignal;
}

/**
 * Answers and streams of the API that are followed over one WebSocket. It is opened by the first of them, made again
 * when it is lost, and closed a while after the last.
 */
export interface Events {
  /**
   * Follows the answer of a request.
   * @param path e.g. `pathOf("listWorkspaces")`, or a path below `/api/v1` with its query
   * @returns what ends it
   */
  follow<T>(path: FollowPath<T>, handlers: FollowHandlers<T>, options?: EventsOptions): () => void;
  /**
   * The states of an answer, the newest each time: those that change while nobody asks are left out.
   * @throws K8shellError when it cannot be followed, or no longer
   */
  states<T>(path: FollowPath<T>, options?: EventsOptions): AsyncGenerator<T, void, void>;
  /**
   * The parts of a stream: events of a job (`/jobs/…`), entries of a log (`/workspaces/…/logs?follow=true`), text of an app's log.
   * What is not taken holds the stream back. A lost connection goes on where it was when the stream has ids.
   * @throws K8shellError `network_error` when it was lost and has none
   */
  stream<T>(
    path: string,
    options?: EventsOptions & { readonly lastEventId?: string },
  ): AsyncGenerator<StreamEvent<T>, void, void>;
  readonly status: EventsStatus;
  /** Calls `listener` with each new status; returns what ends that. */
  onStatus(listener: (status: EventsStatus) => void): () => void;
  /** Ends everything that is followed. */
  close(): void;
}
