import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

type Direction = "up" | "down";

/** A line to a server that can be cut and mended. */
export interface CutProxy {
  readonly url: string;
  /** Bytes that have passed to the server and from it. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Cuts every connection; new ones are cut too until `mend`. */
  cut(): void;
  mend(): void;
  /** Resolves when so many bytes more have passed; nothing passes from then on until every connection is cut. */
  holdAfter(direction: Direction, bytes: number): Promise<void>;
  close(): Promise<void>;
}

export const startCutProxy = async (target: string): Promise<CutProxy> => {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  const passed = { up: 0, down: 0 };
  let hold: { direction: Direction; at: number; reached: () => void } | undefined;
  let isCut = false;
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
    const far = connect(Number(port), "127.0.0.1");
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
    passed,
    cut() {
      isCut = true;
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
