import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections and to whoever asks for any port (ip_local_port_range). */
const [first, last] = [20_000, 32_000];

/**
 * A port of 127.0.0.1 that nothing listens on at this moment, for servers that cannot choose one themselves. Only others
 * that ask here can come before them, one time in thousands.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(first, last);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
};
