import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { encode, type WireMessage } from "../../../../workspaced/test/bare/wire.ts";

/** One call as it came over the wire. */
export interface BareCall {
  /** e.g. `/identity.v1.IdentityService/FindUser`. */
  readonly path: string;
  /** Everything but HTTP/2's own pseudo-headers. */
  readonly metadata: IncomingHttpHeaders;
  readonly pseudo: { readonly method: unknown; readonly scheme: unknown };
  /** The request messages until now, without their framing. */
  readonly messages: readonly Buffer[];
}

/**
 * What is answered: messages made of field numbers, or bytes as they are, and the status behind them. Shells,
 * commands and forwards are answered when their first message is there, and stay open until the client ends them.
 */
export interface BareAnswer {
  readonly messages?: ReadonlyArray<WireMessage | Buffer>;
  /** gRPC status; 0 unless it says otherwise. */
  readonly code?: number;
  readonly text?: string;
  /** Ends a shell, command or forward behind its messages. */
  readonly ends?: boolean;
}

export interface BareService {
  readonly address: string;
  readonly calls: BareCall[];
  close(): Promise<void>;
}

const framed = (message: WireMessage | Buffer): Buffer => {
  const bytes = Buffer.isBuffer(message) ? message : encode(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

const unframed = (bytes: Buffer): Buffer[] => {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0) throw new Error("a compressed message");
    const end = at + 5 + (at + 5 <= bytes.length ? bytes.readUInt32BE(at + 1) : 0);
    if (end > bytes.length) break;
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
};

/**
 * A gRPC service made of HTTP/2 alone: it knows no schema and shares no code with the gateway, so what it records is
 * what any other service would get.
 */
export const startBareService = async (
  answer: (call: BareCall) => BareAnswer | undefined,
): Promise<BareService> => {
  const calls: BareCall[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => undefined);
    const record = (): BareCall => {
      const { ":path": path, ":method": method, ":scheme": scheme, ":authority": _, ...metadata } = headers;
      const call = {
        path: String(path),
        // Without Node's own symbol for headers that are not to be indexed.
        metadata: Object.fromEntries(Object.entries(metadata)),
        pseudo: { method, scheme },
        get messages() {
          return unframed(Buffer.concat(chunks));
        },
      };
      calls.push(call);
      return call;
    };
    let early: BareCall | undefined;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (early || !/(Shell|Exec|PortForward)$/.test(String(headers[":path"]))) return;
      if (unframed(Buffer.concat(chunks)).length === 0) return;
      early = record();
      const { messages = [], ends = false } = answer(early) ?? {};
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      for (const message of messages) stream.write(framed(message));
      if (ends) stream.end();
    });
    stream.on("end", () => {
      if (early) return void (stream.writable && stream.end());
      const call = record();
      const { messages = [], code = 0, text = "" } = answer(call) ?? { code: 12, text: "unknown method" };
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () =>
        stream.sendTrailers({ "grpc-status": String(code), "grpc-message": encodeURI(text) }),
      );
      stream.end(Buffer.concat(messages.map(framed)));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
};
