import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Below the ports that Linux gives to connections and to whoever asks for any port (ip_local_port_range). */
const [first, last] = [20_000, 32_000];
/** A file for each port that somebody has asked for, with the process it was given to; other users have their own. */
const directory = join(tmpdir(), `k8shell-test-ports-${process.getuid?.() ?? ""}`);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** False: it was given to a process that is still there. */
const reserve = (port: number): boolean => {
  const file = join(directory, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    try {
      // A file that is being written is empty.
      const owner = Number(readFileSync(file, "utf8"));
      if (owner > 0 && !isRunning(owner)) rmSync(file);
    } catch {
      // Another process has removed it.
    }
    return false;
  }
};

/**
 * A port of 127.0.0.1 that nothing listens on, for servers that cannot choose one themselves. No other process that asks
 * here gets it while this one runs, however long its server takes to listen.
 */
export const freePort = async (): Promise<number> => {
  mkdirSync(directory, { recursive: true });
  for (;;) {
    const port = randomInt(first, last);
    if (!reserve(port)) continue;
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
