import { readFileSync } from "node:fs";

/** Ports with a listening TCP socket, from the text of `/proc/net/tcp` or `tcp6` (proc(5); state 0A is LISTEN). */
export const parseListening = (text: string): Set<number> => {
  const ports = new Set<number>();
  for (const line of text.split("\n").slice(1)) {
    const [, local, , state] = line.trim().split(/\s+/);
    if (state === "0A" && local !== undefined)
      ports.add(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16));
  }
  return ports;
};

/**
 * Whether something in the workspace's network listens on a port. Asks the kernel instead of connecting, which an app
 * would see as a client. True when the kernel does not tell.
 */
export const isListening = (port: number): boolean => {
  let known = false;
  for (const file of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    try {
      const ports = parseListening(readFileSync(file, "latin1"));
      known = true;
      if (ports.has(port)) return true;
    } catch {
      // No IPv6, or no /proc/net.
    }
  }
  return !known;
};
