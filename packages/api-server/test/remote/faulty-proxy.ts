import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What becomes of the bytes between two ends. */
export type Fault =
  | { readonly kind: "none" }
  /** Each chunk arrives later, in order. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Connections stay and are accepted, and nothing passes any more. */
  | { readonly kind: "black-hole" }
  /** Every connection is reset, old and new. */
  | { readonly kind: "reset" };

export interface FaultyProxy {
  readonly address: string;
  set(fault: Fault): void;
  /** Resets what is connected now; new connections are as the fault says. */
  resetNow(): void;
  /** Sends FIN to the clients connected now, and passes on what they still send. */
  halfCloseNow(): void;
  /** Connections now open. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A TCP proxy on loopback that fails on demand. */
export const startFaultyProxy = async (target: string): Promise<FaultyProxy> => {
  const [host, port] = target.split(":");
  const pairs = new Set<{ client: Socket; upstream: Socket }>();
  let fault: Fault = { kind: "none" };

  const carry = (from: Socket, to: Socket) => {
    let line = Promise.resolve();
    from.on("data", (chunk) => {
      if (fault.kind === "black-hole") return;
      const wait = fault.kind === "delay" ? fault.ms : 0;
      line = line.then(async () => {
        if (wait > 0) await new Promise((resume) => setTimeout(resume, wait));
        if (to.writable) to.write(chunk);
      });
    });
    from.on("end", () => void line.then(() => to.end()));
    from.on("error", () => to.destroy());
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (fault.kind === "reset") return client.resetAndDestroy();
    const upstream = connect({ host, port: Number(port), allowHalfOpen: true });
    const pair = { client, upstream };
    pairs.add(pair);
    carry(client, upstream);
    carry(upstream, client);
    client.on("close", () => {
      pairs.delete(pair);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const resetNow = () => {
    for (const { client } of pairs) client.resetAndDestroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      fault = next;
      if (next.kind === "reset") resetNow();
    },
    resetNow,
    halfCloseNow() {
      for (const { client } of pairs) client.end();
    },
    connections: () => pairs.size,
    async close() {
      server.close();
      resetNow();
    },
  };
};
