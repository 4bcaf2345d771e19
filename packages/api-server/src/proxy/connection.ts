import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { Code, type RpcError } from "@k8shell/rpc";
import { isNavigation, type Problem, problemAnswer, writeAnswer } from "./answer.ts";
import { type BodyScanner, createBodyScanner } from "./body.ts";
import type { Admission, Admit, Grant } from "./grant.ts";
import { maxHeadBytes, parseRequestHead, parseResponseHead, type RequestHead } from "./head.ts";
import { HeadError } from "./head-error.ts";
import type { AppHost } from "./label.ts";
import type { Upstream, Upstreams } from "./upstreams.ts";

/** A client's connection to app hosts. */
export interface AppConnection {
  /** Asks again whether what is running may go on, and ends it when not. */
  recheck(): Promise<void>;
  /** Closes the connection when the client has been too slow. @param now epoch milliseconds */
  expire(now: number): void;
  /** No further request: closes when idle, and after the response under way otherwise. */
  drain(): void;
  destroy(): void;
}

export interface AppConnectionDeps {
  readonly hosts: (host: string) => AppHost | undefined;
  readonly admit: Admit;
  readonly upstreams: Upstreams;
  /** Takes the socket over for a request to another host; `bytes` are unread. */
  readonly release: (socket: Socket, bytes: Buffer) => void;
  readonly onClose: (connection: AppConnection) => void;
  /** Milliseconds a head may take, and an idle connection is kept. */
  readonly headMs: number;
  readonly idleMs: number;
}

/** One request and its response on their way. */
interface Exchange {
  readonly head: RequestHead;
  readonly origin: string | undefined;
  readonly requestId: string;
  readonly request: BodyScanner;
  grant: Grant | undefined;
  upstream: Upstream | undefined;
  /** Undefined until the response's head has come. */
  response: BodyScanner | undefined;
  interim: number;
  /** Bytes of the response have been sent to the client. */
  answered: boolean;
  keepUpstream: boolean;
  close: boolean;
  tunnel: boolean;
}

const headEnd = Buffer.from("\r\n\r\n");
const empty = Buffer.alloc(0);
/** Pipelined bytes kept while a response is under way. */
const maxPending = 64 << 10;
const maxInterim = 16;
/** Bodies up to this size leave in one piece with their head. */
const maxJoined = 16 << 10;
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

const fieldOf = (head: RequestHead, name: string): string | undefined =>
  head.fields.find((field) => field.name === name)?.value;

/** Did the daemon say that it could not reach the port (rather than nobody reach the daemon)? */
const isRefusedDial = ({ code, message, cause }: RpcError): boolean => {
  const text = cause instanceof Error ? cause.message : message;
  return (
    code === Code.Unavailable &&
    /^cannot connect to |dial tcp|connection refused/i.test(text) &&
    !text.startsWith("No connection established")
  );
};

/**
 * Speaks HTTP/1.1 with a client on one side and an app on the other. Heads are parsed strictly and written anew; bodies
 * pass as the bytes they are, while a scanner follows them to their end. Nothing but a head is ever held back, and each
 * side is read only as fast as the other one takes it.
 * @param first bytes already read from the socket
 */
export const createAppConnection = (
  socket: Socket,
  first: Buffer,
  deps: AppConnectionDeps,
): AppConnection => {
  const { hosts, admit, upstreams, release, headMs, idleMs } = deps;
  const address = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
  let pending: Buffer = empty;
  let exchange: Exchange | undefined;
  let waitingForHead = Date.now();
  let draining = false;
  let over = false;
  let socketPaused = false;

  const pauseSocket = () => {
    if (socketPaused) return;
    socketPaused = true;
    socket.pause();
  };
  const resumeSocket = () => {
    if (!socketPaused) return;
    socketPaused = false;
    socket.resume();
  };

  const forgetUpstream = (current: Exchange | undefined) => {
    current?.upstream?.stream.destroy();
    if (current) current.upstream = undefined;
  };
  const destroy = () => {
    if (over) return;
    over = true;
    forgetUpstream(exchange);
    exchange = undefined;
    socket.destroy();
    deps.onClose(connection);
  };
  /** Sends what is written and closes; what the client still sends is not read. */
  const finish = () => {
    if (over) return;
    over = true;
    forgetUpstream(exchange);
    exchange = undefined;
    socket.removeListener("data", onData);
    // Unread bytes would make the kernel reset the connection, and the answer with it.
    socket.resume();
    socket.end();
    setTimeout(() => socket.destroy(), 1_000).unref();
    deps.onClose(connection);
  };

  const answerProblem = (problem: Omit<Problem, "requestId">, head: RequestHead | undefined) => {
    const requestId = exchange?.requestId ?? randomUUID();
    const asPage = head !== undefined && isNavigation(head);
    const answer = problemAnswer({ ...problem, requestId }, asPage);
    socket.write(writeAnswer(answer, true, head?.method !== "HEAD"));
    finish();
  };

  /** The app, or the way to it, failed. */
  const fail = (problem: Omit<Problem, "requestId">) => {
    if (exchange?.answered) return destroy();
    answerProblem(problem, exchange?.head);
  };

  const refuseHead = (error: unknown) => {
    if (!(error instanceof HeadError)) throw error;
    const codes: Readonly<Record<number, string>> = {
      405: "method_not_allowed",
      431: "headers_too_large",
      505: "bad_request",
    };
    answerProblem(
      {
        status: error.status,
        code: codes[error.status] ?? "bad_request",
        title: "Bad request",
        message: error.message,
      },
      undefined,
    );
  };

  const nextRequest = () => {
    exchange = undefined;
    waitingForHead = Date.now();
    if (draining) return finish();
    resumeSocket();
    if (pending.length > 0) takeHead();
  };

  /** Both sides are done with this exchange. */
  const complete = (current: Exchange) => {
    const { upstream, grant } = current;
    current.upstream = undefined;
    if (upstream && grant) {
      if (current.keepUpstream) upstreams.giveBack(grant.target, upstream);
      else upstream.stream.destroy();
    }
    if (current.close) finish();
    else nextRequest();
  };

  const responseDone = (current: Exchange) => {
    // An app that answered without reading everything: what follows could not be told from the next request.
    if (!current.request.done) {
      current.keepUpstream = false;
      current.close = true;
    }
    complete(current);
  };

  const writeClient = (current: Exchange, bytes: Buffer | string) => {
    const more = typeof bytes === "string" ? socket.write(bytes, "latin1") : socket.write(bytes);
    if (!more) current.upstream?.stream.pause();
  };

  const startTunnel = (current: Exchange) => {
    current.tunnel = true;
    const early = pending;
    pending = empty;
    resumeSocket();
    if (early.length > 0) current.upstream?.stream.write(early);
  };

  /** Reads the response's head; undefined while it is incomplete. Sets the exchange's scanner. */
  const responseHead = (current: Exchange, bytes: Buffer): Buffer | undefined => {
    const end = bytes.indexOf(headEnd);
    if (end < 0) {
      if (bytes.length > 2 * maxHeadBytes) throw new HeadError(502, "The head is too large.");
      return undefined;
    }
    const length = end + headEnd.length;
    const rest = bytes.subarray(length);
    const head = parseResponseHead(bytes.toString("latin1", 0, length), current.head.method);
    const { grant } = current;
    if (!grant) return undefined;
    if (head.status === 101) {
      const switches =
        current.head.upgrade &&
        head.connection.has("upgrade") &&
        head.fields.some(({ name, value }) => name === "upgrade" && value.toLowerCase() === "websocket");
      if (!switches) throw new HeadError(502, "The app switched protocols without being asked.");
      current.answered = true;
      writeClient(current, grant.rewriter.response(head, false, current.origin));
      startTunnel(current);
      if (rest.length > 0) writeClient(current, rest);
      return undefined;
    }
    if (head.status < 200) {
      current.interim += 1;
      if (current.interim > maxInterim) throw new HeadError(502, "Too many interim responses.");
      writeClient(current, grant.rewriter.response(head, false, current.origin));
      return rest;
    }
    const scanner = createBodyScanner(head.framing);
    current.keepUpstream = !head.close && !scanner.endless;
    // After a handshake that was refused, what the client sends next may not be HTTP.
    current.close ||= scanner.endless || draining || current.head.upgrade || !current.request.done;
    current.response = scanner;
    current.answered = true;
    const text = grant.rewriter.response(head, current.close, current.origin);
    if (rest.length > 0 && rest.length <= maxJoined) {
      let joined = text;
      const taken = scanner.scan(rest, (part) => {
        joined += part.toString("latin1");
      });
      writeClient(current, joined);
      afterBody(current, rest.length - taken);
      return undefined;
    }
    if (rest.length > 0) socket.cork();
    writeClient(current, text);
    if (rest.length > 0) {
      passBody(current, scanner, rest);
      socket.uncork();
    } else afterBody(current, 0);
    return undefined;
  };

  const afterBody = (current: Exchange, extra: number) => {
    if (!current.response?.done) return;
    // More than was announced: the app has lost count, so nothing it says next can be believed.
    if (extra > 0) current.keepUpstream = false;
    responseDone(current);
  };

  const passBody = (current: Exchange, scanner: BodyScanner, bytes: Buffer) => {
    const taken = scanner.scan(bytes, (part) => writeClient(current, part));
    afterBody(current, bytes.length - taken);
  };

  /** Sends a request on its way. @param fresh not over a kept connection */
  const forward = (current: Exchange, grant: Grant, fresh: boolean) => {
    let held: Buffer = empty;
    const badAnswer = (error: unknown) => {
      if (!(error instanceof HeadError)) throw error;
      fail({
        status: 502,
        code: "bad_gateway",
        title: "The app did not answer in HTTP",
        message: `What listens on port ${grant.port} gave an answer that is not valid HTTP: ${error.message}`,
      });
    };
    current.upstream = upstreams.borrow(
      grant.target,
      {
        onData(bytes) {
          if (exchange !== current) return;
          if (current.tunnel) return writeClient(current, bytes);
          try {
            if (current.response) return passBody(current, current.response, bytes);
            let rest: Buffer | undefined = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
            while (rest !== undefined && rest.length > 0 && !current.response && !current.tunnel) {
              held = rest;
              rest = responseHead(current, rest);
              if (rest !== undefined) held = empty;
            }
          } catch (error) {
            badAnswer(error);
          }
        },
        onDrain() {
          if (exchange === current) resumeSocket();
        },
        onClose(error) {
          if (exchange !== current) return;
          const { upstream } = current;
          current.upstream = undefined;
          if (current.tunnel || current.response?.endless) return finish();
          if (current.response) return destroy();
          const untouched = held.length === 0 && current.interim === 0;
          const repeatable = current.head.framing.kind === "none" && idempotent.has(current.head.method);
          // The app closed a kept connection just when this request was sent.
          if (upstream?.reused && untouched && repeatable && !current.head.upgrade) {
            return forward(current, grant, true);
          }
          fail(upstreamProblem(grant, error));
        },
      },
      fresh,
    );
    const text = grant.rewriter.request(current.head, { address, username: grant.username });
    current.upstream.stream.write(Buffer.from(text, "latin1"));
  };

  const sendBody = (current: Exchange, bytes: Buffer): Buffer => {
    const taken = current.request.scan(bytes, (part) => {
      if (current.upstream && !current.upstream.stream.write(part)) pauseSocket();
    });
    return taken === bytes.length ? empty : bytes.subarray(taken);
  };

  const admitted = (current: Exchange, admission: Admission) => {
    if (over || exchange !== current) return;
    if (admission.kind === "answer") {
      const close = current.close || draining || !current.request.done || current.head.upgrade;
      socket.write(writeAnswer(admission.answer, close, current.head.method !== "HEAD"));
      if (close) finish();
      else nextRequest();
      return;
    }
    current.grant = admission.grant;
    forward(current, admission.grant, false);
    if (!current.request.done && pending.length > 0) {
      const bytes = pending;
      pending = empty;
      try {
        pending = sendBody(current, bytes);
      } catch (error) {
        return refuseBody(error);
      }
    }
    resumeIfRoom();
  };

  const resumeIfRoom = () => {
    if (pending.length < maxPending) resumeSocket();
  };

  /** The body is not valid: the app must not take what it has for a whole request. */
  const refuseBody = (error: unknown) => {
    forgetUpstream(exchange);
    if (exchange?.answered) return destroy();
    refuseHead(error);
  };

  function takeHead(): void {
    const end = pending.indexOf(headEnd);
    if (end < 0) {
      if (pending.length > maxHeadBytes) refuseHead(new HeadError(431, "The request head is too large."));
      return;
    }
    const length = end + headEnd.length;
    let head: RequestHead;
    try {
      if (length > maxHeadBytes) throw new HeadError(431, "The request head is too large.");
      head = parseRequestHead(pending.toString("latin1", 0, length));
    } catch (error) {
      refuseHead(error);
      return;
    }
    const host = hosts(head.host);
    if (!host) {
      // A proxy in front may use one connection for several hosts.
      over = true;
      detach();
      deps.onClose(connection);
      release(socket, pending);
      return;
    }
    pending = pending.length === length ? empty : pending.subarray(length);
    const current: Exchange = {
      head,
      origin: fieldOf(head, "origin"),
      requestId: randomUUID(),
      request: createBodyScanner(head.framing),
      grant: undefined,
      upstream: undefined,
      response: undefined,
      interim: 0,
      answered: false,
      keepUpstream: false,
      close: head.close,
      tunnel: false,
    };
    exchange = current;
    const admission = admit(head, host, { address });
    if (admission instanceof Promise) {
      pauseSocket();
      admission.then((decided) => admitted(current, decided)).catch(destroy);
    } else admitted(current, admission);
  }

  function onData(bytes: Buffer): void {
    if (!exchange) {
      if (pending.length === 0) waitingForHead = Date.now();
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      takeHead();
      return;
    }
    if (exchange.tunnel) {
      if (exchange.upstream && !exchange.upstream.stream.write(bytes)) pauseSocket();
      return;
    }
    let rest = bytes;
    if (exchange.upstream && !exchange.request.done) {
      try {
        rest = sendBody(exchange, bytes);
      } catch (error) {
        refuseBody(error);
        return;
      }
    }
    if (rest.length === 0) return;
    pending = pending.length === 0 ? rest : Buffer.concat([pending, rest]);
    if (pending.length >= maxPending) pauseSocket();
  }
  const onDrain = () => exchange?.upstream?.stream.resume();
  const onEnd = () => {
    if (exchange?.tunnel) {
      exchange.upstream?.stream.end();
      exchange.upstream = undefined;
      return finish();
    }
    // As Node's own server does: a client that ends its side has left, and what it asked for is of no use.
    destroy();
  };
  const detach = () => {
    socket.off("data", onData);
    socket.off("drain", onDrain);
    socket.off("end", onEnd);
    socket.off("error", destroy);
    socket.off("close", destroy);
    socket.pause();
  };

  const connection: AppConnection = {
    async recheck() {
      const current = exchange;
      if (!current?.grant || over) return;
      const allowed = await current.grant.recheck();
      if (!allowed && exchange === current) destroy();
    },
    expire(now) {
      if (exchange || over) return;
      const limit = pending.length > 0 ? headMs : idleMs;
      if (now - waitingForHead > limit) destroy();
    },
    drain() {
      draining = true;
      if (!exchange) finish();
      else if (exchange.tunnel) destroy();
      else exchange.close = true;
    },
    destroy,
  };

  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("end", onEnd);
  socket.on("error", destroy);
  socket.on("close", destroy);
  socket.setNoDelay(true);
  if (first.length > 0) onData(first);
  if (!socketPaused && !over) socket.resume();
  return connection;
};

const upstreamProblem = (
  { port, workspace }: Grant,
  error: RpcError | undefined,
): Omit<Problem, "requestId"> => {
  if (error === undefined) {
    return {
      status: 502,
      code: "bad_gateway",
      title: "The app closed the connection",
      message: `What listens on port ${port} of ${workspace} closed the connection without an answer.`,
    };
  }
  if (isRefusedDial(error)) {
    return {
      status: 502,
      code: "bad_gateway",
      title: "Nothing listens here",
      message: `Nothing listens on port ${port} of the workspace ${workspace}. Start the app and load this page again.`,
    };
  }
  return {
    status: 503,
    code: "unavailable",
    title: "The workspace cannot be reached",
    message: `The workspace ${workspace} cannot be reached now; try again shortly.`,
    headers: [["retry-after", "2"]],
  };
};
