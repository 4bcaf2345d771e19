import { freeMemory, type RpcError } from "@k8shell/rpc";
import type { ClientAddress } from "../http/client-address.ts";
import { closeCode } from "../http/websocket.ts";
import { credentialOf, type LiveConnections } from "../live/live-connections.ts";
import { writeAnswer } from "./answer.ts";
import { createAppAnswer } from "./app-answer.ts";
import { createClientSide } from "./client-side.ts";
import {
  badRequestProblem,
  type ExchangeProblem,
  tooManyProblem,
  writeProblem,
} from "./connection-problems.ts";
import { createExchange, type Exchange, finishedRequest } from "./exchange.ts";
import type { FinishedAppRequest } from "./finished.ts";
import type { Admission, Admit, Grant } from "./grant.ts";
import { maxHeadBytes, parseRequestHead, type RequestHead } from "./head.ts";
import { HeadError } from "./head-error.ts";
import type { AppSocket } from "./inner-connection.ts";
import type { AppHost } from "./label.ts";
import { badAnswerProblem, upstreamProblem } from "./upstream-problem.ts";
import type { Upstreams } from "./upstreams.ts";
import { closeFrame } from "./websocket-frames.ts";

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
  readonly live: Pick<LiveConnections, "register">;
  readonly clientAddress: ClientAddress;
  /** Told of each request that is over. */
  readonly observe: (finished: FinishedAppRequest) => void;
  /** Somebody else takes the socket over, for a request to another host; `bytes` are unread. */
  readonly release: (bytes: Buffer) => void;
  readonly onClose: (connection: AppConnection) => void;
  /** Milliseconds a head may take, and an idle connection is kept. */
  readonly headMs: number;
  readonly idleMs: number;
}

const headEnd = Buffer.from("\r\n\r\n");
const empty = Buffer.alloc(0);
/** Pipelined bytes kept while a response is under way. */
const maxPending = 64 << 10;
/** Requests that take longer are open connections, milliseconds. */
const lastingMs = 2_000;
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
const fieldOf = (head: RequestHead, name: string): string | undefined =>
  head.fields.find((field) => field.name === name)?.value;

const join = (first: Buffer, second: Buffer): Buffer =>
  first.length === 0 ? second : Buffer.concat([first, second]);

/**
 * Speaks HTTP/1.1 with a client on one side and an app on the other. Heads are parsed strictly and written anew; bodies
 * pass as the bytes they are, while a scanner follows them to their end. Nothing but a head is ever held back, and each
 * side is read only as fast as the other one takes it.
 * @param first bytes already read from the socket
 */
export const createAppConnection = (
  socket: AppSocket,
  first: Buffer,
  deps: AppConnectionDeps,
): AppConnection => {
  const { hosts, admit, upstreams, live, clientAddress, observe, release, headMs, idleMs } = deps;
  const peer = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
  let pending: Buffer = empty;
  let exchange: Exchange | undefined;
  let waitingForHead = Date.now();
  let draining = false;
  let over = false;
  const client = createClientSide(socket);

  const tell = (ended: Exchange) => {
    if (ended.observed) return;
    ended.observed = true;
    observe(finishedRequest(ended));
  };
  /** The exchange is over, however it went. */
  const leaveExchange = () => {
    const ended = exchange;
    if (!ended) return;
    exchange = undefined;
    ended.upstream?.stream.destroy();
    ended.upstream = undefined;
    ended.live?.done();
    tell(ended);
  };
  const destroy = () => {
    if (over) return;
    over = true;
    leaveExchange();
    socket.destroy();
    deps.onClose(connection);
  };
  /** Sends what is written and closes; what the client still sends is not read. */
  const finish = () => {
    if (over) return;
    over = true;
    leaveExchange();
    client.end();
    deps.onClose(connection);
  };

  /** Ends what is running, a WebSocket with this code and reason (RFC 6455) unless the app is within a frame. */
  const withdraw = (code: number, reason: string) => {
    if (over) return;
    if (!exchange?.answer?.mayAddFrame) return destroy();
    client.write(closeFrame(code, reason));
    finish();
  };

  /** Sends an answer of our own. */
  const sendOwn = (bytes: Buffer, status: number) => {
    if (exchange) {
      exchange.ownStatus = status;
      exchange.sent += bytes.length;
    }
    client.write(bytes);
  };
  const answerProblem = (problem: ExchangeProblem) => {
    const { bytes, status } = writeProblem(problem, exchange);
    sendOwn(bytes, status);
    finish();
  };
  /** The app, or the way to it, failed. */
  const fail = (problem: ExchangeProblem) => {
    if (exchange?.answer && exchange.answer.state !== "waiting") destroy();
    else answerProblem(problem);
  };
  /** The request is not valid: the app must not take what it has for a whole one. @throws what is no HeadError */
  const refuseRequest = (error: unknown) => {
    if (!(error instanceof HeadError)) throw error;
    fail(badRequestProblem(error));
  };

  const nextRequest = () => {
    leaveExchange();
    waitingForHead = Date.now();
    if (draining) return finish();
    client.resume();
    if (pending.length > 0) takeHead();
  };

  /** Both sides are done with this exchange. */
  const complete = (current: Exchange) => {
    const { upstream, grant, answer, request } = current;
    // An app that answered without reading everything: what follows could not be told from the next request.
    if (!request.done) current.close = true;
    else if (upstream && grant && answer?.keepsUpstream) {
      current.upstream = undefined;
      upstreams.giveBack(grant.target, upstream);
    }
    if (current.close) finish();
    else nextRequest();
  };

  const writeClient = (current: Exchange, bytes: Buffer | string) => {
    current.sent += bytes.length;
    if (!client.write(bytes)) current.upstream?.stream.pause();
  };

  const startTunnel = (current: Exchange) => {
    const early = pending;
    pending = empty;
    client.resume();
    tell(current);
    if (early.length > 0) current.upstream?.stream.write(early);
  };

  /** Lists it among the open connections. @throws ApiError too_many_requests */
  const register = (current: Exchange, grant: Grant) => {
    current.live = live.register({
      kind: "app",
      // What strangers have open is the owner's, who let them in.
      ...(grant.principal ? credentialOf(grant.principal) : { username: grant.owner }),
      workspace: grant.workspace,
      requestId: current.requestId,
      clientIp: current.address,
      socket,
      close: (reason) => withdraw(closeCode.policyViolation, reason),
    });
  };

  /** Sends a request on its way. @param fresh not over a kept connection */
  const forward = (current: Exchange, grant: Grant, fresh: boolean) => {
    const { head, address, hidesAuthorization } = current;
    const answer = createAppAnswer({
      request: head,
      rewriter: grant.rewriter,
      origin: fieldOf(head, "origin"),
      write: (bytes) => writeClient(current, bytes),
      mustClose(endless) {
        // After a handshake that was refused, what the client sends next may not be HTTP.
        current.close ||= endless || draining || head.upgrade || !current.request.done;
        return current.close;
      },
      onTunnel: () => startTunnel(current),
      onDone: () => complete(current),
    });
    current.answer = answer;
    current.upstream = upstreams.borrow(
      grant.target,
      {
        onData(bytes) {
          if (exchange !== current) return;
          try {
            answer.take(bytes);
          } catch (error) {
            if (!(error instanceof HeadError)) throw error;
            fail(badAnswerProblem(grant, error.message));
          }
        },
        onDrain() {
          if (exchange === current) client.resume();
        },
        onClose: (error) => {
          if (exchange === current) upstreamClosed(current, grant, error);
        },
      },
      fresh,
    );
    const username = grant.principal?.username;
    const text = grant.rewriter.request(head, { address, username, hidesAuthorization });
    current.upstream.stream.write(Buffer.from(text, "latin1"));
  };

  const upstreamClosed = (current: Exchange, grant: Grant, error: RpcError | undefined) => {
    const { upstream, answer, head } = current;
    current.upstream = undefined;
    if (answer?.state === "tunnel" || answer?.endless) return finish();
    if (answer?.state === "begun") return destroy();
    const repeatable = head.framing.kind === "none" && idempotent.has(head.method) && !head.upgrade;
    // The app closed a kept connection just when this request was sent.
    if (upstream?.reused && !answer?.touched && repeatable) return forward(current, grant, true);
    fail(upstreamProblem(grant, error));
  };

  const sendBody = (current: Exchange, bytes: Buffer): Buffer => {
    const taken = current.request.scan(bytes, (part) => {
      const sent = part === bytes ? () => freeMemory(bytes) : undefined;
      if (current.upstream && !current.upstream.stream.write(part, sent)) client.pause();
    });
    return taken === bytes.length ? empty : bytes.subarray(taken);
  };

  const admitted = (current: Exchange, admission: Admission) => {
    if (over || exchange !== current) return;
    const { head, request } = current;
    if (admission.kind === "answer") {
      const close = current.close || draining || !request.done || head.upgrade;
      sendOwn(writeAnswer(admission.answer, close, head.method !== "HEAD"), admission.answer.status);
      if (close) finish();
      else nextRequest();
      return;
    }
    const { grant } = admission;
    current.grant = grant;
    current.hidesAuthorization = admission.hidesAuthorization;
    if (head.upgrade) {
      try {
        register(current, grant);
      } catch (error) {
        answerProblem(tooManyProblem(error));
        return;
      }
    }
    forward(current, grant, false);
    if (!request.done && pending.length > 0) {
      const bytes = pending;
      pending = empty;
      try {
        pending = sendBody(current, bytes);
      } catch (error) {
        refuseRequest(error);
        return;
      }
    }
    if (pending.length < maxPending) client.resume();
  };

  function takeHead(): void {
    const end = pending.indexOf(headEnd);
    const length = end < 0 ? pending.length : end + headEnd.length;
    let head: RequestHead;
    try {
      if (length > maxHeadBytes) throw new HeadError(431, "The request head is too large.");
      if (end < 0) return;
      head = parseRequestHead(pending.toString("latin1", 0, length));
    } catch (error) {
      refuseRequest(error);
      return;
    }
    const host = hosts(head.host);
    if (!host) {
      // A proxy in front may use one connection for several hosts.
      over = true;
      detach();
      deps.onClose(connection);
      release(pending);
      return;
    }
    pending = pending.length === length ? empty : pending.subarray(length);
    const forwarded = fieldOf(head, "x-forwarded-for");
    const address =
      forwarded === undefined ? peer : clientAddress({ socket, headers: { "x-forwarded-for": forwarded } });
    const current = createExchange(head, address);
    exchange = current;
    const admission = admit(head, host, address);
    if (admission instanceof Promise) {
      client.pause();
      admission.then((decided) => admitted(current, decided)).catch(destroy);
    } else admitted(current, admission);
  }

  function onData(bytes: Buffer): void {
    if (!exchange) {
      if (pending.length === 0) waitingForHead = Date.now();
      pending = join(pending, bytes);
      takeHead();
      return;
    }
    const { upstream, answer, request } = exchange;
    if (answer?.state === "tunnel") {
      exchange.live?.touch();
      if (upstream && !upstream.stream.write(bytes, () => freeMemory(bytes))) client.pause();
      return;
    }
    let rest = bytes;
    if (upstream && !request.done) {
      try {
        rest = sendBody(exchange, bytes);
      } catch (error) {
        refuseRequest(error);
        return;
      }
    }
    if (rest.length === 0) return;
    pending = join(pending, rest);
    if (pending.length >= maxPending) client.pause();
  }
  const onDrain = () => exchange?.upstream?.stream.resume();
  const onEnd = () => {
    if (exchange?.answer?.state === "tunnel") {
      exchange.upstream?.stream.end();
      exchange.upstream = undefined;
      return finish();
    }
    // As Node's own server does: a client that ends its side has left, and what it asked for is of no use.
    destroy();
  };
  const detach = () => {
    client.flush();
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
      if (!(await current.grant.mayStay())) {
        if (exchange === current) withdraw(closeCode.policyViolation, "access has ended");
        return;
      }
      // What lasts is listed: event streams, long polls, large bodies.
      const lasts = performance.now() - current.startedAt > lastingMs;
      if (exchange !== current || current.live || !lasts) return;
      try {
        register(current, current.grant);
      } catch {
        destroy();
      }
    },
    expire(now) {
      if (exchange || over) return;
      const limit = pending.length > 0 ? headMs : idleMs;
      if (now - waitingForHead > limit) destroy();
    },
    drain() {
      draining = true;
      if (!exchange) finish();
      else if (exchange.answer?.state === "tunnel") {
        withdraw(closeCode.serviceRestart, "the server is restarting");
      } else exchange.close = true;
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
  if (!client.paused && !over) socket.resume();
  return connection;
};
