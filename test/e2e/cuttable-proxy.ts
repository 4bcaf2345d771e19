import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

type Direction = "up" | "down";

/** A network between client and server that can be cut: connections break without a word. */
export interface CuttableProxy {
  readonly url: string;
  /** Connections that got through. */
  readonly accepted: number;
  /** Bytes that have passed to the server and from it. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Cuts what is open; with `stay` also what comes, until `mend`. */
  cut(options?: { readonly stay?: boolean }): void;
  mend(): void;
  /** Resolves when so many bytes more have passed; nothing passes from then on until every connection is cut. */
  holdAfter(direction: Direction, bytes: number): Promise<void>;
  close(): Promise<void>;
}

export const startCuttableProxy = async (target: string): Promise<CuttableProxy> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const passed = { up: 0, down: 0 };
  let hold: { direction: Direction; at: number; reached: () => void } | undefined;
  let isCut = false;
  let accepted = 0;
  const cutAll = () => {
    hold = undefined;
    for (const socket of sockets) socket.destroy();
  };
  const pass = (from: Socket, to: Socket, direction: Direction) => {
    from.on("data", (data) => {
      passed[direction] += data.length;
      if (!to.write(data)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
      if (hold?.direction === direction && passed[direction] >= hold.at) {
        for (const socket of sockets) socket.removeAllListeners("drain").pause();
        hold.reached();
      }
    });
    from.on("end", () => to.end());
  };
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    accepted += 1;
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    pass(near, far, "up");
    pass(far, near, "down");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    passed,
    cut({ stay = false } = {}) {
      isCut = stay;
      cutAll();
    },
    mend() {
      isCut = false;
    },
    holdAfter: (direction, bytes) =>
      new Promise((reached) => {
        hold = { direction, at: passed[direction] + bytes, reached };
      }),
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
};
