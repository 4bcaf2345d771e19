import { noEvents, type StreamEvents } from "./block-stream.ts";
import type { Deframer } from "./deframer.ts";
import { streamWindow } from "./http2.ts";

/** Called when the bytes before `at` have left. */
interface Mark {
  readonly at: number;
  readonly sent: () => void;
}

/** What a session knows of one stream. */
export interface Stream {
  readonly id: number;
  events: StreamEvents;
  deframer: Deframer;
  sendWindow: number;
  queue: Buffer[];
  queued: number;
  waiting: boolean;
  ending: boolean;
  /** To be sent behind what is queued. */
  trailers: Buffer | undefined;
  localEnded: boolean;
  remoteEnded: boolean;
  paused: boolean;
  held: Buffer[];
  /** Received and not yet given back to the peer's window. */
  received: number;
  /** Bytes the peer may send before they are taken, and how many it is to be told that it may. */
  window: number;
  wanted: number;
  heldBytes: number;
  /** Bytes handed to the connection since the beginning. */
  pumpedTotal: number;
  /** Who waits until a block has been sent: the place of its end in what the stream has to say. */
  marks: Mark[];
  /** Given up by us. */
  closed: boolean;
  /** What ended the stream while its reader was paused. */
  finish: (() => void) | undefined;
}

/** @param sendWindow bytes that the peer takes at first */
export const createStream = (id: number, sendWindow: number): Stream => ({
  id,
  events: noEvents,
  deframer: { idle: true, push: () => undefined },
  sendWindow,
  queue: [],
  queued: 0,
  waiting: false,
  ending: false,
  trailers: undefined,
  localEnded: false,
  remoteEnded: false,
  paused: false,
  held: [],
  heldBytes: 0,
  received: 0,
  window: streamWindow,
  wanted: streamWindow,
  pumpedTotal: 0,
  marks: [],
  closed: false,
  finish: undefined,
});
