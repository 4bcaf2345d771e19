import { type BodyScanner, createBodyScanner } from "./body.ts";
import { type Field, maxHeadBytes, parseResponseHead, type RequestHead } from "./head.ts";
import { HeadError } from "./head-error.ts";
import type { Rewriter } from "./rewrite.ts";
import { createFrameFollower, type FrameFollower } from "./websocket-frames.ts";

/** An app's answer to one request on its way to the client. */
export interface AppAnswer {
  /**
   * Takes the bytes that the app sends, in order; they are the answer's only until it returns.
   * @throws HeadError when they are no valid HTTP
   */
  take(bytes: Buffer): void;
  /** `begun`: the client has got its head. `tunnel`: both sides speak WebSocket now. */
  readonly state: "waiting" | "begun" | "tunnel";
  /** The app has sent something. */
  readonly touched: boolean;
  /** A WebSocket to which a frame of ours may be added now: the app is not within one. */
  readonly mayAddFrame: boolean;
  /** Its end is the end of the connection. */
  readonly endless: boolean;
  /** The app's connection may serve another request. */
  readonly keepsUpstream: boolean;
  /** 0 before the head has come. */
  readonly status: number;
  readonly fields: readonly Field[];
}

export interface AppAnswerDeps {
  readonly request: RequestHead;
  readonly rewriter: Rewriter;
  /** `Origin` of the request. */
  readonly origin: string | undefined;
  /** Sends to the client; text is latin1, and bytes are the receiver's only until it returns. */
  write(bytes: Buffer | string): void;
  /** Must the client's connection end with this answer? Asked once, when its head has come. */
  mustClose(endless: boolean): boolean;
  /** The app has agreed to a WebSocket; what it sends next is written after this. */
  onTunnel(): void;
  /** The answer is complete. */
  onDone(): void;
}

const headEnd = Buffer.from("\r\n\r\n");
const empty = Buffer.alloc(0);
const maxInterim = 16;
/** Bodies up to this size leave in one piece with their head. */
const maxJoined = 16 << 10;

const switchesAsAsked = (
  request: RequestHead,
  { connection, fields }: ReturnType<typeof parseResponseHead>,
): boolean =>
  request.upgrade &&
  connection.has("upgrade") &&
  fields.some(({ name, value }) => name === "upgrade" && value.toLowerCase() === "websocket");

/** Parses the head strictly and writes it anew; the body passes as the bytes it is, followed by a scanner to its end. */
export const createAppAnswer = (deps: AppAnswerDeps): AppAnswer => {
  const { request, rewriter, origin, write, mustClose, onTunnel, onDone } = deps;
  let held: Buffer = empty;
  let scanner: BodyScanner | undefined;
  let interim = 0;
  let takesAnother = false;
  let state: AppAnswer["state"] = "waiting";
  let frames: FrameFollower | undefined;
  let status = 0;
  let fields: readonly Field[] = [];

  /** More than was announced: the app has lost count, so nothing it says next can be believed. */
  const finishIfDone = (body: BodyScanner, extra: number): void => {
    if (!body.done) return;
    if (extra > 0) takesAnother = false;
    onDone();
  };
  const passBody = (body: BodyScanner, bytes: Buffer): void => {
    const taken = body.scan(bytes, write);
    finishIfDone(body, bytes.length - taken);
  };

  const passFrames = (follower: FrameFollower, bytes: Buffer): void => {
    follower.push(bytes);
    write(bytes);
  };

  /** Reads one head and what follows it; returns what is left to read, undefined when more must come first. */
  const takeHead = (bytes: Buffer): Buffer | undefined => {
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      if (bytes.length > 2 * maxHeadBytes) throw new HeadError(502, "The head is too large.");
      held = Buffer.from(bytes);
      return undefined;
    }
    const length = end + headEnd.length;
    const rest = bytes.subarray(length);
    held = empty;
    const head = parseResponseHead(bytes.toString("latin1", 0, length), request.method);
    if (head.status === 101) {
      if (!switchesAsAsked(request, head)) {
        throw new HeadError(502, "The app switched protocols without being asked.");
      }
      state = "tunnel";
      status = head.status;
      fields = head.fields;
      write(rewriter.response(head, false, origin));
      onTunnel();
      frames = createFrameFollower();
      if (rest.length > 0) passFrames(frames, rest);
      return undefined;
    }
    if (head.status < 200) {
      interim += 1;
      if (interim > maxInterim) throw new HeadError(502, "Too many interim responses.");
      write(rewriter.response(head, false, origin));
      return rest;
    }
    const body = createBodyScanner(head.framing);
    scanner = body;
    takesAnother = !head.close && !body.endless;
    state = "begun";
    status = head.status;
    fields = head.fields;
    const text = rewriter.response(head, mustClose(body.endless), origin);
    if (rest.length > 0 && rest.length <= maxJoined) {
      let joined = text;
      const taken = body.scan(rest, (part) => {
        joined += part.toString("latin1");
      });
      write(joined);
      finishIfDone(body, rest.length - taken);
      return undefined;
    }
    write(text);
    if (rest.length > 0) passBody(body, rest);
    else finishIfDone(body, 0);
    return undefined;
  };

  return {
    take(bytes) {
      if (scanner) return passBody(scanner, bytes);
      if (frames) return passFrames(frames, bytes);
      let rest: Buffer | undefined = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      while (rest !== undefined && rest.length > 0) rest = takeHead(rest);
    },
    get state() {
      return state;
    },
    get touched() {
      return held.length > 0 || interim > 0 || state !== "waiting";
    },
    get mayAddFrame() {
      return frames?.mayBegin === true;
    },
    get endless() {
      return scanner?.endless === true;
    },
    get keepsUpstream() {
      return takesAnother;
    },
    get status() {
      return status;
    },
    get fields() {
      return fields;
    },
  };
};
