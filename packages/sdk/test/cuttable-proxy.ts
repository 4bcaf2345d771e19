import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A network between client and server that can be cut: connections break without a word, new ones are refused. */
export const startCuttableProxy = async (target: string) => {
  const { hostname, port } = new URL(target);
  const pairs = new Set<() => void>();
  let isCut = false;
  let accepted = 0;
  const server = createServer((client: Socket) => {
    if (isCut) {
      client.destroy();
      return;
    }
    accepted += 1;
    const upstream = connect(Number(port), hostname);
    const drop = () => {
      client.destroy();
      upstream.destroy();
      pairs.delete(drop);
    };
    pairs.add(drop);
    for (const socket of [client, upstream]) socket.on("error", drop).on("close", drop);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Connections that got through. */
    get accepted() {
      return accepted;
    },
    /** Cuts what is open; with `stay` also what comes, until `mend`. */
    cut({ stay = false } = {}) {
      isCut = stay;
      for (const drop of [...pairs]) drop();
    },
    mend() {
      isCut = false;
    },
    async close() {
      for (const drop of [...pairs]) drop();
      server.close();
      await once(server, "close");
    },
  };
};
