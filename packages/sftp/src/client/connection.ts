import { createBufferPool } from "../buffer-pool.ts";
import { createFrameParser } from "../frames.ts";
import {
  decodeHello,
  decodeResponse,
  encodeHello,
  encodeRequest,
  encodeWriteHead,
  type Request,
  type Response,
} from "../packets.ts";
import {
  Extension,
  guaranteedDataLength,
  maxDataLength,
  protocolVersion,
  SftpProtocolError,
} from "../protocol.ts";
import { createPacketReader } from "../wire.ts";
import { connectionLost, SftpError, statusError } from "./sftp-error.ts";

/** The byte stream to a server. */
export interface SftpStream {
  /**
   * What the server says, chunked in any way. Read once. A function calls its argument with each chunk, which is that
   * one's only until it returns; its promise settles at the end.
   */
  input: AsyncIterable<Uint8Array> | ((onChunk: (chunk: Uint8Array) => void) => Promise<void>);
  /**
   * Sends bytes; a promise resolves when more may be sent, and the next call comes afterwards.
   * @param sent to be called, where that can be known, when nobody looks at `chunk` any more
   */
  write(chunk: Buffer, sent?: () => void): Promise<void> | undefined;
  /** No more requests: the server ends the session. */
  end(): void;
}

/** What the server takes in one request, in bytes. */
export interface Limits {
  readonly read: number;
  readonly write: number;
}

/** Requests and their responses over one stream. */
export interface Connection {
  /** The server's extensions, once it has greeted. */
  readonly extensions: Promise<ReadonlyMap<string, string>>;
  /** Largest requests: as the server announces, else what the protocol guarantees. */
  readonly limits: Promise<Limits>;
  /** Sends a request at once and resolves to its response of any type. Rejects only when the session ends. */
  request(request: Request): Promise<Response>;
  /**
   * As `request`, for a write whose data is in pieces: they are sent as they are.
   * @param sent takes pieces that nobody looks at any more
   */
  write(
    handle: Uint8Array,
    offset: number,
    pieces: readonly Uint8Array[],
    sent?: (piece: Uint8Array) => void,
  ): Promise<Response>;
  /** Gives the memory of a data response back. */
  release(data: Uint8Array): void;
  /** Aborts, with the SftpError as its reason, when the session has ended. */
  readonly ended: AbortSignal;
  /** Ends the session and resolves when the server has closed its side. */
  close(): Promise<void>;
}

interface Pending {
  resolve(response: Response): void;
  reject(error: Error): void;
}

/** Requests and pieces up to this are joined while the stream is busy: others are worth no copy. Bytes. */
const small = 8 * 1024;
const joined = 32 * 1024;

/** How often it is looked for a server that is silent, within the time it has. */
const stallLooks = 4;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes to be sent, and whom to tell when they have been. */
interface Outgoing {
  readonly bytes: Buffer;
  readonly sent?: (() => void) | undefined;
}

const takeBatch = (queue: Outgoing[]): Outgoing => {
  let count = 0;
  let length = 0;
  for (const { bytes } of queue) {
    if (bytes.length > small || length + bytes.length > joined) break;
    count += 1;
    length += bytes.length;
  }
  const batch = queue.splice(0, Math.max(count, 1));
  if (batch.length === 1 && batch[0]) return batch[0];
  const bytes = Buffer.concat(
    batch.map(({ bytes }) => bytes),
    length,
  );
  // A piece may be the end of a larger chunk whose beginning is still on its way: not before all of it has left.
  const sent = () => {
    for (const one of batch) one.sent?.();
  };
  return { bytes, sent };
};

const readLimits = (response: Response): Limits => {
  if (response.type !== "extendedReply") return { read: guaranteedDataLength, write: guaranteedDataLength };
  const reader = createPacketReader(response.payload);
  reader.u64();
  // Zero means that the server does not say.
  const within = (announced: number) => Math.min(announced || guaranteedDataLength, maxDataLength);
  return { read: within(reader.u64()), write: within(reader.u64()) };
};

/** @param stallMs a server that owes an answer and sends nothing for so long is taken for lost; absent: never */
export const createConnection = (stream: SftpStream, stallMs?: number): Connection => {
  const memory = createBufferPool();
  const pending = new Map<number, Pending>();
  const queue: Outgoing[] = [];
  const ended = new AbortController();
  const hello = Promise.withResolvers<ReadonlyMap<string, string>>();
  const finished = Promise.withResolvers<void>();
  let failure: SftpError | undefined;
  let greeted = false;
  let sending = false;
  let lastId = 0;
  /** Looks of the watchdog since the server was heard: a process that has no processor does not look, and does not hear. */
  let quiet = 0;

  const watchdog =
    stallMs === undefined
      ? undefined
      : setInterval(() => {
          quiet = pending.size === 0 && greeted ? 0 : quiet + 1;
          // Behind what waits to be read: timers run before.
          if (quiet > stallLooks) setImmediate(giveUp);
        }, stallMs / stallLooks);

  const giveUp = () => {
    if (quiet <= stallLooks || failure) return;
    fail(connectionLost(new Error("the server does not answer")));
    stream.end();
  };

  const fail = (error: SftpError) => {
    if (failure) return;
    failure = error;
    clearInterval(watchdog);
    queue.length = 0;
    const waiting = [...pending.values()];
    pending.clear();
    for (const { reject } of waiting) reject(error);
    hello.reject(error);
    ended.abort(error);
  };

  const flush = async () => {
    sending = true;
    try {
      while (queue.length > 0) {
        const { bytes, sent } = takeBatch(queue);
        const room = stream.write(bytes, sent);
        if (room) await room;
      }
    } catch (error) {
      fail(connectionLost(error));
    }
    sending = false;
  };
  const send = (...packets: Outgoing[]) => {
    queue.push(...packets);
    if (!sending) void flush();
  };

  const ask = (encode: (id: number) => Outgoing[]): Promise<Response> => {
    if (failure) return Promise.reject(failure);
    if (pending.size === 0) quiet = 0;
    do lastId = (lastId + 1) >>> 0;
    while (pending.has(lastId));
    const id = lastId;
    send(...encode(id));
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };
  const request = (message: Request) => ask((id) => [{ bytes: encodeRequest(id, message) }]);

  const receive = (packet: Uint8Array) => {
    if (!greeted) {
      const { version, extensions } = decodeHello("version", packet);
      if (version < protocolVersion) throw new SftpProtocolError(`the server speaks only version ${version}`);
      greeted = true;
      hello.resolve(extensions);
      return;
    }
    const { id, response } = decodeResponse(packet);
    const waiting = pending.get(id);
    if (!waiting) throw new SftpProtocolError("response to a request that was never made");
    pending.delete(id);
    waiting.resolve(response);
  };

  const run = async () => {
    const { input } = stream;
    const frames = createFrameParser({ take: memory.take, copy: typeof input === "function" });
    const onChunk = (chunk: Uint8Array) => {
      quiet = 0;
      for (const packet of frames.push(chunk)) receive(packet);
    };
    try {
      if (typeof input === "function") await input(onChunk);
      else for await (const chunk of input) onChunk(chunk);
      fail(connectionLost());
    } catch (error) {
      fail(connectionLost(error));
      if (error instanceof SftpProtocolError) stream.end();
    }
    finished.resolve();
  };

  const limits = hello.promise.then(async (extensions): Promise<Limits> => {
    if (!extensions.has(Extension.Limits)) return { read: guaranteedDataLength, write: guaranteedDataLength };
    return readLimits(await request({ type: "extended", name: Extension.Limits, payload: Buffer.alloc(0) }));
  });
  // Whoever needs them sees the failure; nobody need.
  hello.promise.catch(() => {});
  limits.catch(() => {});

  send({ bytes: encodeHello("init", protocolVersion) });
  void run();

  return {
    extensions: hello.promise,
    limits,
    request,
    write(handle, offset, pieces, sent) {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      return ask((id) => [
        { bytes: encodeWriteHead(id, handle, offset, length) },
        ...pieces.map((piece) => ({ bytes: asBuffer(piece), sent: sent && (() => sent(piece)) })),
      ]);
    },
    release: memory.give,
    ended: ended.signal,
    async close() {
      stream.end();
      await finished.promise;
    },
  };
};

/** @throws SftpError when the response is not a success status */
export const expectOk = (response: Response): void => {
  if (response.type !== "status") throw new SftpError(5, `unexpected ${response.type} response`);
  if (response.code !== 0) throw statusError(response.code, response.message);
};

/** The response when it has the expected type. @throws SftpError for a status or another type */
export const expectType = <T extends Response["type"]>(
  response: Response,
  type: T,
): Extract<Response, { type: T }> => {
  if (isType(response, type)) return response;
  if (response.type === "status") throw statusError(response.code, response.message);
  throw new SftpError(5, `unexpected ${response.type} response`);
};

const isType = <T extends Response["type"]>(
  response: Response,
  type: T,
): response is Extract<Response, { type: T }> => response.type === type;
