import { openSocket, type Socket, type SocketEnd } from "../socket/open-socket.ts";
import type { QueryValues, Transport } from "../transport.ts";
import type { ClientDialect, ServerEvent } from "./dialect.ts";
import { createDialectV1 } from "./dialect-v1.ts";
import { dialectV2 } from "./dialect-v2.ts";

export interface ConnectionOptions {
  readonly transport: Transport;
  readonly workspace: string;
  readonly query: QueryValues;
  readonly protocols: readonly string[];
  /** Called from `start` on: a server may speak before it is known that the connection is open. */
  readonly onEvent: (event: ServerEvent) => void;
  readonly signal: AbortSignal;
}

/** One connection of a terminal. */
export interface Connection {
  readonly dialect: ClientDialect;
  readonly protocol: "cloudshell-v2" | "cloudshell-v1";
  /** False from its end on. */
  readonly isAlive: boolean;
  readonly bufferedAmount: number;
  /** Tells what has been received, and goes on telling. */
  start(): void;
  /** Sends a frame; none where the subprotocol has none for it. */
  send(frame: Uint8Array | undefined): void;
  close(): void;
  /** Gives it up as lost. */
  cut(): void;
  /** Finds out soon whether the other side is still there. */
  probe(): void;
  readonly ended: Promise<SocketEnd>;
}

/** A server that says nothing within this time of a ping is gone, milliseconds. */
const pingMs = 15_000;
const probeMs = 3_000;
/** What has come while this program had no time to read it is read within this, milliseconds. */
const catchUpMs = 250;
/** How long the server has to answer a close, milliseconds. */
const leaveMs = 2_000;

/**
 * Connects a terminal.
 * @throws K8shellError when it is refused or the server cannot be reached
 */
export const connect = async (options: ConnectionOptions): Promise<Connection> => {
  const { transport, workspace, query, protocols, onEvent, signal } = options;
  const ended = Promise.withResolvers<SocketEnd>();
  let heard = true;
  let early: ServerEvent[] | undefined = [];
  let isAlive = true;
  let chosen: ClientDialect | undefined;
  let pings: ReturnType<typeof setInterval> | undefined;
  let probing: ReturnType<typeof setTimeout> | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const dialectOf = ({ protocol }: Socket): ClientDialect => {
    chosen ??= protocol === "cloudshell-v2" ? dialectV2 : createDialectV1();
    return chosen;
  };
  const socket = await openSocket(transport, {
    path: `/api/v1/workspaces/${encodeURIComponent(workspace)}/interactive`,
    query,
    protocols,
    signal,
    onMessage(data, from) {
      heard = true;
      const event = dialectOf(from).decode(data);
      if (early) early.push(event);
      else onEvent(event);
    },
    onClose(end) {
      isAlive = false;
      clearInterval(pings);
      clearTimeout(probing);
      clearTimeout(leaving);
      ended.resolve(end);
    },
  });
  const dialect = dialectOf(socket);
  const ping = () => {
    heard = false;
    socket.send(dialect.ping());
  };
  const awaitAnswer = (ms: number, late: () => void) => {
    clearTimeout(probing);
    probing = setTimeout(() => {
      probing = undefined;
      if (!heard) late();
    }, ms);
  };
  /** Timers of a page that slept, or of a busy program, run before what has come meanwhile is told. */
  const cutUnlessHeard = () => awaitAnswer(catchUpMs, socket.cut);
  pings = setInterval(() => {
    // Else a ping is waited for that left only just.
    if (probing !== undefined) return;
    if (heard) ping();
    else cutUnlessHeard();
  }, pingMs);
  return {
    dialect,
    protocol: socket.protocol === "cloudshell-v2" ? "cloudshell-v2" : "cloudshell-v1",
    get isAlive() {
      return isAlive;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    start() {
      const received = early ?? [];
      early = undefined;
      for (const event of received) onEvent(event);
    },
    send(frame) {
      if (frame) socket.send(frame);
    },
    close() {
      socket.close(1000);
      leaving = setTimeout(socket.cut, leaveMs);
    },
    cut: () => socket.cut(),
    probe() {
      ping();
      awaitAnswer(probeMs, cutUnlessHeard);
    },
    ended: ended.promise,
  };
};
