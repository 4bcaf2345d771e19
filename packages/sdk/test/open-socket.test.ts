import { expect, test } from "vitest";
import { createClient } from "../src/index.ts";
import type { WebSocketLike } from "../src/socket/web-socket.ts";

test("a signal that aborts in the moment a connection is opened ends it", async () => {
  for (const use of ["exec", "forward"] as const) {
    const abort = new AbortController();
    const closed: number[] = [];
    // Stands for a connection that is opened just before its caller gives up.
    const socket: WebSocketLike = {
      ...{ binaryType: "", protocol: "", readyState: 1, bufferedAmount: 0 },
      ...{ onopen: null, onmessage: null, onclose: null, onerror: null },
      send: () => {},
      close: (code) => void closed.push(code ?? 1000),
    };
    const client = createClient({
      server: "http://127.0.0.1:1",
      webSocket() {
        setImmediate(() => {
          socket.onopen?.();
          abort.abort(new Error("enough"));
        });
        return socket;
      },
    });
    const { signal } = abort;
    const opening =
      use === "exec" ? client.exec("w", "true", { signal }) : client.forward("w", 80, { signal });
    await expect(opening, use).rejects.toThrow("enough");
    expect(closed, use).toHaveLength(1);
  }
});
