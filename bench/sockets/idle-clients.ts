// Opens sockets and keeps them: `idle-clients.ts OPTIONS`, JSON. Prints `open` when all are.
import { WebSocket } from "ws";
import { openTerminal } from "../terminal/terminal.ts";

export interface IdleOptions {
  readonly kind: "terminal" | "websocket";
  readonly urls: readonly string[];
  /** At each of the addresses. */
  readonly count: number;
  readonly headers: Readonly<Record<string, string>>;
}

const { kind, urls, count, headers }: IdleOptions = JSON.parse(process.argv[2] ?? "{}");

const open = async (url: string): Promise<void> => {
  if (kind === "terminal") {
    const terminal = await openTerminal({ kind: "ours", url, headers });
    // Until the prompt is there.
    await new Promise<void>((resolve) => {
      terminal.onOutput = () => resolve();
      // The first prompt may have come already.
      terminal.type("\n");
    });
    return;
  }
  const socket = new WebSocket(url, ["k8shell-events-v1"], {
    perMessageDeflate: false,
    headers: { ...headers },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
};

for (const url of urls) {
  for (let opened = 0; opened < count; opened += 20) {
    await Promise.all(Array.from({ length: Math.min(20, count - opened) }, () => open(url)));
  }
}
console.log("open");
