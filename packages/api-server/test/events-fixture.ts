import { once } from "node:events";
import type { EventsClientMessage, EventsServerMessage } from "@k8shell/contract";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

type Of<T extends EventsServerMessage["type"]> = Extract<EventsServerMessage, { type: T }>;

export interface EventsClient {
  readonly socket: WebSocket;
  /** `code reason`, when it is closed. */
  readonly closed: Promise<string>;
  send(message: EventsClientMessage): void;
  /** The next message of these kinds about this subscription that was not taken before. */
  next<T extends EventsServerMessage["type"]>(id: string | undefined, ...types: T[]): Promise<Of<T>>;
  /** Messages that came and were not taken. */
  readonly rest: readonly EventsServerMessage[];
}

/** Opens an event socket and waits until it is ready. */
export const openEvents = async (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventsClient> => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/events`, "k8shell-events-v1", {
    headers,
  });
  const messages: EventsServerMessage[] = [];
  const wake = new Set<() => void>();
  socket.on("message", (data) => {
    messages.push(JSON.parse(data.toString()));
    for (const look of wake) look();
  });
  const closed = new Promise<string>((resolve) =>
    socket.on("close", (code, reason) => {
      resolve(`${code} ${reason}`.trim());
      for (const look of wake) look();
    }),
  );
  onTestFinished(() => socket.terminate());
  const client: EventsClient = {
    socket,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    next<T extends EventsServerMessage["type"]>(id: string | undefined, ...types: T[]) {
      const wanted = (message: EventsServerMessage): message is Of<T> =>
        types.some((type) => type === message.type) &&
        (id === undefined || ("id" in message && message.id === id));
      return new Promise<Of<T>>((resolve, reject) => {
        const look = () => {
          const found = messages.find(wanted);
          if (!found && socket.readyState !== WebSocket.CLOSED) return;
          wake.delete(look);
          if (!found) {
            reject(new Error(`the socket was closed before ${types.join(" or ")} of ${id}`));
            return;
          }
          messages.splice(messages.indexOf(found), 1);
          resolve(found);
        };
        wake.add(look);
        look();
      });
    },
    get rest() {
      return messages;
    },
  };
  await Promise.race([once(socket, "open"), closed.then((end) => Promise.reject(new Error(end)))]);
  await client.next(undefined, "ready");
  return client;
};
