import { type IncomingMessage, type ServerResponse, request as sendRequest } from "node:http";
import { pipeline } from "node:stream";
import { maxHeadBytes } from "./head.ts";
import { type AppSocket, createInnerConnection } from "./inner-connection.ts";

const pairsOf = (raw: readonly string[]): Array<[string, string]> =>
  raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as [string, string]] : []));

/** Names and values in turn, without those about the connection itself. */
const withoutConnection = (raw: readonly string[]): string[] =>
  pairsOf(raw)
    .filter(([name]) => !/^(?:connection|keep-alive|proxy-connection)$/i.test(name))
    .flat();

/** What the client lists as being about its connection to us goes no further. */
const connectionOf = ({ headers: { connection } }: IncomingMessage): string[] => [
  "Connection",
  connection === undefined ? "close" : `${connection}, close`,
];

/** The head of a request as it was written. */
export const headOf = ({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer => {
  const lines = pairsOf(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${url} HTTP/${httpVersion}\r\n${lines.join("")}\r\n`, "latin1");
};

/**
 * Serves a request to an app host that Node's server has read: over a connection of its own within this process, so that it is
 * parsed, decided and forwarded like every other one.
 * @param toApp takes the other end of that connection
 */
export const relayToApp = (
  request: IncomingMessage,
  response: ServerResponse,
  toApp: (socket: AppSocket) => void,
): void => {
  const { near, far } = createInnerConnection(request.socket.remoteAddress);
  const { method, url = "/", rawHeaders, headers } = request;
  toApp(far);
  near.on("error", () => {});
  response.on("close", () => near.destroy());
  response.sendDate = false;

  const outgoing = sendRequest({
    createConnection: () => near,
    method,
    path: url,
    headers: [...withoutConnection(rawHeaders), ...connectionOf(request)],
    maxHeaderSize: maxHeadBytes,
  });
  // A request without a length has no body.
  if (headers["transfer-encoding"] === undefined) outgoing.useChunkedEncodingByDefault = false;
  outgoing.on("error", () => response.destroy());
  outgoing.on("continue", () => response.writeContinue());
  outgoing.on("response", (answer) => {
    const { statusCode = 502, statusMessage, rawHeaders: answered } = answer;
    response.writeHead(statusCode, statusMessage, withoutConnection(answered));
    response.flushHeaders();
    answer.on("end", () => {
      if (answer.rawTrailers.length > 0) response.addTrailers(pairsOf(answer.rawTrailers));
    });
    pipeline(answer, response, (error) => {
      if (error) response.destroy();
    });
  });
  request.on("end", () => {
    if (request.rawTrailers.length > 0) outgoing.addTrailers(pairsOf(request.rawTrailers));
  });
  outgoing.flushHeaders();
  request.pipe(outgoing);
};
