import type { EventsClientMessage, EventsServerMessage } from "@k8shell/contract";
import { K8shellError } from "../error.ts";
import { beginSocket, refusalOf } from "../socket/handshake.ts";
import type { WebSocketLike } from "../socket/web-socket.ts";
import { onBackOnline } from "../terminal/network-events.ts";
import type { Transport } from "../transport.ts";
import { backOff } from "../wait.ts";
import type { EventsStatus } from "./types.ts";

/** The WebSocket of events, made again when it is lost. */
export interface EventsConnection {
  readonly status: EventsStatus;
  /** Somebody wants it: connects when it is not connected. */
  want(): void;
  /** Sends, when it is open; what is not sent then is to be sent again in `onOpen`. */
  send(message: EventsClientMessage): void;
  /** Nobody wants it: closes after a while. */
  leave(): void;
  close(): void;
}

export interface EventsConnectionHandlers {
  /** It is open, anew: nothing is subscribed yet. */
  onOpen(): void;
  onMessage(message: EventsServerMessage): void;
  /** It was lost and will be made again. */
  onLost(): void;
  /** The server refuses it: it is not made again before somebody wants it anew. */
  onRefused(error: K8shellError): void;
  onStatus(status: EventsStatus): void;
}

const path = "/api/v1/events";
const protocol = "k8shell-events-v1";
/** How long a connection that nobody wants is kept, milliseconds: pages come one after the other. */
const lingerMs = 5_000;
/** Defects of a client, that another attempt would only repeat. */
const defects = new Set([1003, 1007, 1009]);

/** Whether another attempt may succeed where this was the answer. */
const mayPass = ({ status }: K8shellError): boolean => status === 0 || status === 429 || status >= 500;

export const createEventsConnection = (
  transport: Transport,
  handlers: EventsConnectionHandlers,
): EventsConnection => {
  let status: EventsStatus = "idle";
  let socket: WebSocketLike | undefined;
  let failures = 0;
  /** Counts connections and their ends: what belongs to an earlier one is of no interest any more. */
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopListening: (() => void) | undefined;

  const enter = (next: EventsStatus) => {
    if (status === next) return;
    status = next;
    handlers.onStatus(next);
  };

  const rest = () => {
    attempt += 1;
    clearTimeout(timer);
    stopListening?.();
    stopListening = undefined;
    const old = socket;
    socket = undefined;
    old?.close(1000);
    failures = 0;
    enter("idle");
  };

  const again = () => {
    failures += 1;
    timer = setTimeout(connect, backOff(failures));
    stopListening ??= onBackOnline(() => {
      if (status !== "waiting") return;
      clearTimeout(timer);
      void connect();
    });
  };

  const refuse = (error: K8shellError) => {
    rest();
    handlers.onRefused(error);
  };

  const lost = async (mine: number, wasOpen: boolean, code: number, reason: string) => {
    if (wasOpen && defects.has(code)) {
      refuse(
        new K8shellError(`The event connection was closed: ${reason}.`, {
          status: 0,
          code: "protocol_error",
        }),
      );
      return;
    }
    enter("waiting");
    handlers.onLost();
    // What cannot go on over another connection may have been all there was: then it rests.
    if (mine !== attempt) return;
    if (!wasOpen || code === 1008) {
      const error = await refusalOf(transport, { path }, { repeatable: false });
      if (mine !== attempt) return;
      if (error && !mayPass(error)) {
        refuse(error);
        return;
      }
    }
    again();
  };

  const connect = async (): Promise<void> => {
    attempt += 1;
    const mine = attempt;
    enter("connecting");
    let made: WebSocketLike;
    try {
      made = await beginSocket(transport, { path }, [protocol]);
    } catch (cause) {
      if (mine !== attempt) return;
      const error = new K8shellError("The event connection cannot be made.", {
        status: 0,
        code: "network_error",
        cause,
      });
      refuse(cause instanceof K8shellError ? cause : error);
      return;
    }
    // Closed while it connects, `ws` emits an error, which ends the program when nobody listens.
    made.onerror = () => {};
    if (mine !== attempt) {
      made.close();
      return;
    }
    socket = made;
    let isOpen = false;
    let over = false;
    made.onopen = () => {};
    made.onmessage = ({ data }) => {
      if (over || socket !== made) return;
      const message = JSON.parse(String(data)) as EventsServerMessage;
      if (message.type !== "ready") {
        handlers.onMessage(message);
        return;
      }
      isOpen = true;
      failures = 0;
      enter("open");
      handlers.onOpen();
    };
    made.onclose = ({ code, reason }) => {
      if (over || socket !== made) return;
      over = true;
      socket = undefined;
      void lost(mine, isOpen, code, reason);
    };
  };

  return {
    get status() {
      return status;
    },
    want() {
      if (status === "open") clearTimeout(timer);
      if (status === "idle") void connect();
    },
    send(message) {
      if (status === "open") socket?.send(JSON.stringify(message));
    },
    leave() {
      if (status !== "open") {
        rest();
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(rest, lingerMs);
    },
    close: rest,
  };
};
