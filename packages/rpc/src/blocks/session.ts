import type { Duplex } from "node:stream";
import { freeMemory } from "../free-memory.ts";
import type { BlockStream, StreamEvents } from "./block-stream.ts";
import { createDeframer } from "./deframer.ts";
import { createFrameReader } from "./frame-reader.ts";
import { createFrameWriter } from "./frame-writer.ts";
import { decodeHeaders, encodeHeaders } from "./hpack.ts";
import {
  cancelCode,
  clientHello,
  connectionWindow,
  frame,
  initialWindow,
  setting,
  settingsPayload,
  streamWindow,
} from "./http2.ts";
import { createStreamSender } from "./stream-sender.ts";
import { createStream, type Stream } from "./stream-state.ts";

export interface Session {
  /**
   * @param window bytes the peer may send before its reader takes them (default 256 KiB)
   * @throws Error when the session takes no more streams
   */
  open(events: StreamEvents, tag: number, window?: number): BlockStream;
  /** Takes new streams. */
  readonly usable: boolean;
  readonly size: number;
  /** Takes bytes that were read before the session began. */
  receive(bytes: Buffer): void;
  destroy(reason: string): void;
}

export interface SessionOptions {
  readonly socket: Duplex;
  /** Servers are told of streams that the peer opens, and which tag their blocks have. */
  readonly onStream?: (
    stream: BlockStream,
    path: string,
  ) => { readonly events: StreamEvents; readonly tag: number; readonly window?: number | undefined };
  readonly onClose: () => void;
  /** What a client says of itself (default `ordinary`). */
  readonly hello?: keyof typeof clientHello;
}

const nothing = Buffer.alloc(0);

/**
 * HTTP/2 (RFC 9113) for streams that carry blocks of bytes in gRPC messages, and nothing else. Node's own costs an object
 * with two buffers, several callbacks and a packet for each message; this one gathers what is sent in one turn of the
 * event loop into one packet, and hands on what is received as slices of what was read, whose memory is used again when
 * the receiver returns.
 */
export const createSession = ({ socket, onStream, onClose, hello = "ordinary" }: SessionOptions): Session => {
  const isServer = onStream !== undefined;
  const streams = new Map<number, Stream>();
  let nextId = 1;
  let lastPeerId = 0;
  let usable = true;
  let over = false;
  let maxStreams = 2 ** 31;
  let peerWindow = initialWindow;
  let received = 0;

  // ---- sending
  const writer = createFrameWriter({
    socket,
    onDrain: () => sender.pumpAll(),
    onOverflow: () => destroy("the peer asks for more than it reads"),
  });
  const sender = createStreamSender(writer, (stream) => closeIfDone(stream));

  const closeIfDone = (stream: Stream) => {
    if (stream.localEnded && stream.remoteEnded) {
      streams.delete(stream.id);
      sender.forget(stream);
    }
  };
  const forget = (stream: Stream) => {
    stream.closed = true;
    stream.queue = [];
    stream.queued = 0;
    stream.held = [];
    stream.heldBytes = 0;
    stream.marks = [];
    streams.delete(stream.id);
    sender.forget(stream);
  };

  /** Gives a stream the window it wants; it must not be idle any more. */
  const widen = (stream: Stream) => {
    if (stream.wanted > stream.window) writer.updateWindow(stream.id, stream.wanted - stream.window);
    stream.window = Math.max(stream.wanted, stream.window);
  };

  const handleOf = (stream: Stream): BlockStream => ({
    write(tag, bytes, sent, borrowed = false) {
      if (stream.closed || stream.ending || over || bytes.length === 0) return true;
      return sender.write(stream, tag, bytes, sent, borrowed);
    },
    send(message) {
      if (!stream.closed && !stream.ending && !over) sender.send(stream, message);
    },
    headers(headers, last) {
      if (stream.closed || stream.ending) return;
      const block = encodeHeaders(headers);
      if (!last) {
        writer.send(frame.headers, 4, stream.id, block);
        return widen(stream);
      }
      sender.end(stream, block);
    },
    end() {
      if (!stream.closed && !stream.ending) sender.end(stream);
    },
    pause() {
      stream.paused = true;
    },
    resume() {
      stream.paused = false;
      release(stream);
    },
    destroy() {
      if (stream.closed || over) return;
      const isOpen = streams.has(stream.id);
      forget(stream);
      if (!isOpen) return;
      const code = Buffer.alloc(4);
      code.writeUInt32BE(cancelCode);
      writer.send(frame.reset, 0, stream.id, code);
    },
  });

  // ---- receiving
  const deliver = (stream: Stream, bytes: Buffer) => {
    stream.received += bytes.length;
    if (stream.received >= stream.window / 2 && !stream.remoteEnded) {
      writer.updateWindow(stream.id, stream.received);
      stream.received = 0;
    }
    try {
      stream.deframer.push(bytes);
    } catch (error) {
      reset(stream, error instanceof Error ? error.message : "malformed message");
    }
  };
  const release = (stream: Stream) => {
    while (!stream.paused && !stream.closed) {
      const bytes = stream.held.shift();
      if (!bytes) break;
      stream.heldBytes -= bytes.length;
      deliver(stream, bytes);
    }
    if (stream.held.length > 0 || stream.paused || stream.closed) return;
    const { finish } = stream;
    stream.finish = undefined;
    finish?.();
  };
  /** Runs at the end of what was received, which a paused reader has not taken yet. */
  const afterData = (stream: Stream, finish: () => void) => {
    if (stream.held.length === 0 && !stream.paused) finish();
    else stream.finish = finish;
  };
  const reset = (stream: Stream, reason: string) => {
    if (stream.closed) return;
    const { events } = stream;
    handleOf(stream).destroy();
    stream.closed = true;
    events.onReset(reason);
  };
  const endRemote = (stream: Stream) => {
    stream.remoteEnded = true;
    closeIfDone(stream);
  };

  const onData = (stream: Stream | undefined, bytes: Buffer) => {
    if (!stream || stream.closed) return;
    if (stream.paused || stream.held.length > 0) {
      stream.held.push(Buffer.from(bytes));
      stream.heldBytes += bytes.length;
      return;
    }
    deliver(stream, bytes);
  };

  const addStream = (id: number): Stream => {
    const stream = createStream(id, peerWindow);
    streams.set(id, stream);
    return stream;
  };
  const listen = (stream: Stream, events: StreamEvents, tag: number) => {
    stream.events = events;
    stream.deframer = createDeframer(tag, {
      onBlock: (piece) => {
        if (!stream.closed) events.onBlock(piece);
      },
      onMessage: (message) => {
        if (!stream.closed) events.onMessage(message);
      },
    });
  };

  const onHeaders = (id: number, block: Buffer, last: boolean) => {
    const headers = decodeHeaders(block);
    let stream = streams.get(id);
    if (!stream) {
      if (!onStream) return;
      if (id % 2 === 0 || id <= lastPeerId) throw new Error("a stream was opened out of order");
      lastPeerId = id;
      stream = addStream(id);
      const { events, tag, window } = onStream(handleOf(stream), headers.get(":path") ?? "");
      listen(stream, events, tag);
      stream.wanted = window ?? streamWindow;
      widen(stream);
    }
    const current = stream;
    if (last) endRemote(current);
    afterData(current, () => {
      if (current.closed) return;
      current.events.onHeaders(headers, last);
      if (last && !current.closed) current.events.onEnd();
    });
  };

  const onSettings = (payload: Buffer) => {
    for (let position = 0; position + 6 <= payload.length; position += 6) {
      const id = payload.readUInt16BE(position);
      const value = payload.readUInt32BE(position + 2);
      if (id === setting.window) {
        for (const stream of streams.values()) stream.sendWindow += value - peerWindow;
        peerWindow = value;
      } else if (id === setting.streams) maxStreams = value;
      else if (id === setting.frameSize) sender.limitFrames(value);
    }
    writer.send(frame.settings, 1, 0, nothing);
    sender.pumpAll();
  };

  const onFrame = (type: number, flags: number, id: number, payload: Buffer) => {
    switch (type) {
      case frame.reset: {
        const stream = streams.get(id);
        if (!stream) return;
        afterData(stream, () => {
          if (stream.closed) return;
          forget(stream);
          stream.events.onReset("the stream was reset");
        });
        return;
      }
      case frame.settings:
        if (!(flags & 1)) onSettings(payload);
        return;
      case frame.ping:
        if (!(flags & 1)) writer.send(frame.ping, 1, 0, Buffer.from(payload));
        return;
      case frame.goAway: {
        usable = false;
        const last = payload.readUInt32BE(0) & 0x7fff_ffff;
        for (const stream of [...streams.values()]) {
          if (isServer || stream.id <= last) continue;
          forget(stream);
          stream.events.onReset("the service is going away");
        }
        if (streams.size === 0) destroy("the service is going away");
        return;
      }
      case frame.windowUpdate: {
        const bytes = payload.readUInt32BE(0) & 0x7fff_ffff;
        if (id === 0) {
          sender.widen(bytes);
          return;
        }
        const stream = streams.get(id);
        if (!stream) return;
        sender.widenStream(stream, bytes);
        return;
      }
      default:
    }
  };

  let dataStream: Stream | undefined;
  let dataLast = false;

  const onDataFrame = (id: number, length: number, last: boolean) => {
    dataStream = streams.get(id);
    dataLast = last;
    received += length;
    if (received >= connectionWindow / 4) {
      writer.updateWindow(0, received);
      received = 0;
    }
    if (dataStream && dataStream.heldBytes + length > dataStream.window * 2)
      throw new Error("the peer sends more than its window");
  };
  const onDataEnd = () => {
    const stream = dataStream;
    dataStream = undefined;
    if (!stream || !dataLast) return;
    endRemote(stream);
    afterData(stream, () => {
      if (!stream.closed) stream.events.onEnd();
    });
  };

  const reader = createFrameReader({
    onDataFrame,
    onData: (piece) => onData(dataStream, piece),
    onDataEnd,
    onHeaders,
    onFrame,
  });
  const receive = (bytes: Buffer) => {
    try {
      reader.push(bytes);
    } catch (error) {
      destroy(error instanceof Error ? error.message : "protocol error");
    }
  };

  const destroy = (reason: string) => {
    if (over) return;
    over = true;
    usable = false;
    reader.stop();
    writer.stop();
    socket.destroy();
    for (const stream of [...streams.values()]) {
      const { events, closed } = stream;
      forget(stream);
      if (!closed) events.onReset(reason);
    }
    onClose();
  };

  socket.on("data", (bytes: Buffer) => {
    receive(bytes);
    freeMemory(bytes);
  });
  socket.on("end", () => destroy("the connection was closed"));
  socket.on("close", () => destroy("the connection was closed"));
  socket.on("error", () => destroy("the connection was lost"));
  if (isServer) writer.send(frame.settings, 0, 0, settingsPayload());
  else writer.put(clientHello[hello]);
  writer.updateWindow(0, connectionWindow - initialWindow);

  return {
    open(events, tag, window) {
      const stream = addStream(nextId);
      nextId += 2;
      listen(stream, events, tag);
      stream.wanted = window ?? streamWindow;
      return handleOf(stream);
    },
    get usable() {
      return usable && nextId < 2 ** 31 - 2 && streams.size < maxStreams;
    },
    get size() {
      return streams.size;
    },
    receive,
    destroy,
  };
};
