import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathOf } from "../http/request-path.ts";
import type { MetricsAccess } from "./access.ts";

export interface MetricsListenerOptions {
  readonly mayRead: MetricsAccess;
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

export interface MetricsListener {
  /** Binds; resolves to the port. */
  listen(options: { host: string; port: number }): Promise<number>;
  close(): Promise<void>;
}

/** Serves the metrics, and nothing else, on a port of their own. */
export const createMetricsListener = (options: MetricsListenerOptions): MetricsListener => {
  const server = createServer({ maxHeaderSize: 8 << 10, headersTimeout: 5_000 }, (request, response) => {
    const answer = (status: number, body: string, type = "text/plain; charset=utf-8") => {
      response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
      response.end(body);
    };
    if (pathOf(request) !== "/metrics") return answer(404, "The metrics are at /metrics.\n");
    if (!options.mayRead(request)) return answer(403, "You may not read the metrics.\n");
    options.render().then(
      (text) => answer(200, text, options.contentType),
      () => answer(500, "The metrics could not be collected.\n"),
    );
  });
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
