import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A line to a server that can be cut and mended. */
export interface CutProxy {
  readonly url: string;
  /** Cuts every connection; new ones are cut too until `mend`. */
  cut(): void;
  mend(): void;
  /** Cuts every connection once so many bytes more have come from the server; new ones are let through. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

export const startCutProxy = async (target: string): Promise<CutProxy> => {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  let left = Number.POSITIVE_INFINITY;
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
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
    far.on("data", (data) => {
      left -= data.length;
      if (left > 0) return;
      left = Number.POSITIVE_INFINITY;
      cutAll();
    });
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      cutAll();
    },
    mend() {
      isCut = false;
    },
    cutAfter(bytes) {
      left = bytes;
    },
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
};
