import type { Duplex } from "node:stream";
import { freeMemory } from "../free-memory.ts";
import { createDeframer, type Deframer } from "./deframer.ts";
import { decodeHeaders, encodeHeaders } from "./hpack.ts";

/** What happens to one stream. */
export interface StreamEvents {
  /** Headers of the peer: of the request on a server, of the response or its trailers on a client. */
  onHeaders(headers: ReadonlyMap<string, string>, last: boolean): void;
  onBlock(piece: Buffer): void;
  onMessage(message: Buffer): void;
  /** The peer sends no more. */
  onEnd(): void;
  /** There is room again after `write` answered false. */
  onDrain(): void;
  /** The stream was reset or its connection lost; nothing follows. */
  onReset(reason: string): void;
}

/** One HTTP/2 stream with gRPC messages. */
export interface BlockStream {
  /**
   * Sends a message that is one block of bytes. False: wait for `onDrain`; it is sent in any case.
   * @param sent called when nobody looks at `bytes` any more; not called when the stream or its connection ends before
   * @param borrowed nobody looks at `bytes` after the call: they are copied
   */
  write(tag: number, bytes: Buffer, sent?: () => void, borrowed?: boolean): boolean;
  /** Sends a message given as protobuf. */
  send(message: Buffer): void;
  headers(headers: ReadonlyArray<readonly [string, string]>, last: boolean): void;
  /** Sends no more. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Resets the stream; no more events. */
  destroy(): void;
}

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
  /**
   * Much data is to be moved: what is received is the receiver's only until it returns, and its memory is used again
   * then.
   */
  readonly bulk?: boolean;
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const frame = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
const setting = { tableSize: 1, push: 2, streams: 3, window: 4, frameSize: 5 } as const;
/** A setting that no other peer has, and that others must ignore (RFC 9113 section 6.5.2): "I am one of you". */
const ownSetting = { id: 0xf0f5, value: 0x6b38_7368, bulk: 0x6b38_626b };

/** Payload of a frame until the peer says otherwise. */
const frameBytes = 16_384;
/** Payload that we take, and send where the peer takes it: data is handed on as it comes, however long its frame. */
const maxFrameBytes = 256 << 10;
/** Payload of frames that are no data, which must be had whole. */
const maxOtherFrameBytes = 64 << 10;
const headerBytes = 9;
/** Window of each stream: what a reader that has stopped can make us keep. */
const streamWindow = 256 << 10;
const connectionWindow = 16 << 20;
const initialWindow = 65_535;
/** Bytes accepted beyond the peer's window before a writer is asked to wait. */
const maxQueued = 256 << 10;
const maxHeaderBlock = 64 << 10;
/** Answers to pings and the like that a peer may make us queue, bytes. */
const maxControl = 1 << 20;
/** Pieces up to this size are copied into one packet with their neighbours. */
const smallPiece = 4 << 10;
const slabBytes = 64 << 10;
const cancelCode = 8;

const settingsPayload = (kind: number = ownSetting.value): Buffer => {
  const rows = [
    [setting.tableSize, 0],
    [setting.push, 0],
    [setting.window, streamWindow],
    [setting.frameSize, maxFrameBytes],
    [ownSetting.id, kind],
  ];
  const bytes = Buffer.alloc(rows.length * 6);
  rows.forEach(([id = 0, value = 0], index) => {
    bytes.writeUInt16BE(id, index * 6);
    bytes.writeUInt32BE(value, index * 6 + 2);
  });
  return bytes;
};

const frameHeader = (length: number, type: number, flags: number, id: number): Buffer => {
  const bytes = Buffer.alloc(headerBytes);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  return bytes;
};

const helloOf = (settings: Buffer): Buffer =>
  Buffer.concat([Buffer.from(preface), frameHeader(settings.length, frame.settings, 0, 0), settings]);

/** What a client of this module sends first; `bulk` of a transient channel. A server tells its own kind by it. */
export const clientHello = {
  ordinary: helloOf(settingsPayload()),
  bulk: helloOf(settingsPayload(ownSetting.bulk)),
};

/** Called when the bytes before `at` have left. */
interface Mark {
  readonly at: number;
  readonly sent: () => void;
}

interface Stream {
  readonly id: number;
  events: StreamEvents;
  deframer: Deframer;
  sendWindow: number;
  queue: Buffer[];
  queued: number;
  waiting: boolean;
  ending: boolean;
  /** To be sent behind what is queued. */
  trailers: Buffer | undefined;
  localEnded: boolean;
  remoteEnded: boolean;
  paused: boolean;
  held: Buffer[];
  /** Received and not yet given back to the peer's window. */
  received: number;
  /** Bytes the peer may send before they are taken, and how many it is to be told that it may. */
  window: number;
  wanted: number;
  heldBytes: number;
  /** Bytes handed to the connection since the beginning. */
  pumpedTotal: number;
  /** Who waits until a block has been sent: the place of its end in what the stream has to say. */
  marks: Mark[];
  /** Given up by us. */
  closed: boolean;
  /** What ended the stream while its reader was paused. */
  finish: (() => void) | undefined;
}

/**
 * HTTP/2 (RFC 9113) for streams that carry blocks of bytes in gRPC messages, and nothing else. Node's own costs an object
 * with two buffers, several callbacks and a packet for each message; this one gathers what is sent in one turn of the
 * event loop into one packet, and hands on what is received as slices of what was read.
 */
export const createSession = ({ socket, onStream, onClose, bulk = false }: SessionOptions): Session => {
  const isServer = onStream !== undefined;
  const streams = new Map<number, Stream>();
  let nextId = 1;
  let lastPeerId = 0;
  let usable = true;
  let over = false;
  let maxStreams = 2 ** 31;
  let peerWindow = initialWindow;
  let peerFrame = frameBytes;
  let sendWindow = initialWindow;
  let received = 0;
  let blocked = false;
  let control = 0;

  // ---- sending
  let slab = Buffer.allocUnsafe(slabBytes);
  let from = 0;
  let at = 0;
  let out: Buffer[] = [];
  let scheduled = false;
  /** Who waits until what is to be flushed next has left. */
  let marks: Mark[] = [];
  /** Streams with something to send that could not leave yet. */
  const stuck = new Set<Stream>();

  const flush = () => {
    scheduled = false;
    if (over) return;
    if (at > from) out.push(slab.subarray(from, at));
    from = at;
    const pieces = out;
    out = [];
    control = 0;
    if (pieces.length === 0) return;
    if (pieces.length > 1) socket.cork();
    let room = true;
    const leaving = marks;
    marks = [];
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) {
      room =
        index === last && leaving.length > 0
          ? socket.write(piece, (error) => {
              if (!error) for (const { sent } of leaving) sent();
            })
          : socket.write(piece);
    }
    if (pieces.length > 1) socket.uncork();
    if (!room) blocked = true;
    if (socket.writableLength > 0) return;
    // All of it has left: the memory can be used again.
    from = 0;
    at = 0;
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  /** Room for `size` bytes in a row in the slab. */
  const reserve = (size: number) => {
    if (at + size <= slab.length) return;
    if (at > from) out.push(slab.subarray(from, at));
    slab = Buffer.allocUnsafe(Math.max(slabBytes, size));
    from = 0;
    at = 0;
  };
  const putHeader = (length: number, type: number, flags: number, id: number) => {
    slab[at] = length >> 16;
    slab[at + 1] = (length >> 8) & 0xff;
    slab[at + 2] = length & 0xff;
    slab[at + 3] = type;
    slab[at + 4] = flags;
    slab.writeUInt32BE(id, at + 5);
    at += headerBytes;
  };
  const put = (piece: Buffer, borrowed = false) => {
    if (borrowed || piece.length <= smallPiece) {
      reserve(piece.length);
      at += piece.copy(slab, at);
      return;
    }
    if (at > from) out.push(slab.subarray(from, at));
    from = at;
    out.push(piece);
  };
  const sendFrame = (type: number, flags: number, id: number, payload: Buffer) => {
    if (over) return;
    control += headerBytes + payload.length;
    if (control > maxControl && blocked) return destroy("the peer asks for more than it reads");
    reserve(headerBytes);
    putHeader(payload.length, type, flags, id);
    if (payload.length > 0) put(payload);
    schedule();
  };
  const updateWindow = (id: number, bytes: number) => {
    reserve(headerBytes + 4);
    putHeader(4, frame.windowUpdate, 0, id);
    slab.writeUInt32BE(bytes, at);
    at += 4;
    schedule();
  };

  /** Sends what a stream has queued, as far as the windows go. */
  const pump = (stream: Stream) => {
    while (stream.queued > 0) {
      const room = Math.min(stream.sendWindow, sendWindow, peerFrame);
      if (room <= 0 || blocked || over) {
        stuck.add(stream);
        return;
      }
      let size = 0;
      const pieces: Buffer[] = [];
      while (size < room) {
        const [first] = stream.queue;
        if (!first) break;
        if (first.length > room - size) {
          pieces.push(first.subarray(0, room - size));
          stream.queue[0] = first.subarray(room - size);
          size = room;
        } else {
          pieces.push(first);
          stream.queue.shift();
          size += first.length;
        }
      }
      stream.queued -= size;
      stream.pumpedTotal += size;
      stream.sendWindow -= size;
      sendWindow -= size;
      reserve(headerBytes);
      putHeader(size, frame.data, 0, stream.id);
      for (const piece of pieces) put(piece);
      while (stream.marks[0] && stream.marks[0].at <= stream.pumpedTotal) {
        const mark = stream.marks.shift();
        if (mark) marks.push(mark);
      }
      schedule();
    }
    stuck.delete(stream);
    if (stream.ending && !stream.localEnded) {
      stream.localEnded = true;
      if (stream.trailers) sendFrame(frame.headers, 5, stream.id, stream.trailers);
      else sendFrame(frame.data, 1, stream.id, Buffer.alloc(0));
      closeIfDone(stream);
    }
    if (stream.waiting) {
      stream.waiting = false;
      stream.events.onDrain();
    }
  };
  const pumpAll = () => {
    for (const stream of [...stuck]) {
      if (blocked || sendWindow <= 0) return;
      pump(stream);
    }
  };
  socket.on("drain", () => {
    blocked = false;
    pumpAll();
  });

  const closeIfDone = (stream: Stream) => {
    if (stream.localEnded && stream.remoteEnded) {
      streams.delete(stream.id);
      stuck.delete(stream);
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
    stuck.delete(stream);
  };

  /** Gives a stream the window it wants; it must not be idle any more. */
  const widen = (stream: Stream) => {
    if (stream.wanted > stream.window) updateWindow(stream.id, stream.wanted - stream.window);
    stream.window = Math.max(stream.wanted, stream.window);
  };

  const handleOf = (stream: Stream): BlockStream => ({
    write(tag, bytes, sent, borrowed = false) {
      const size = bytes.length;
      if (stream.closed || stream.ending || over || size === 0) return true;
      const lengthBytes = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x20_0000 ? 3 : 4;
      const message = 1 + lengthBytes + size;
      const total = 5 + message;
      const fits =
        stream.queued === 0 &&
        !blocked &&
        total <= stream.sendWindow &&
        total <= sendWindow &&
        total <= peerFrame;
      const headSize = total - size;
      let target: Buffer;
      let position: number;
      if (fits) {
        reserve(headerBytes + headSize);
        putHeader(total, frame.data, 0, stream.id);
        target = slab;
        position = at;
        at += headSize;
      } else {
        target = Buffer.allocUnsafe(headSize);
        position = 0;
      }
      target[position++] = 0;
      target.writeUInt32BE(message, position);
      position += 4;
      target[position++] = tag;
      let rest = size;
      for (; rest > 0x7f; rest >>>= 7) target[position++] = (rest & 0x7f) | 0x80;
      target[position] = rest;
      if (fits) {
        put(bytes, borrowed);
        if (sent) marks.push({ at: 0, sent });
        stream.sendWindow -= total;
        sendWindow -= total;
        schedule();
        return true;
      }
      stream.queue.push(target, borrowed ? Buffer.from(bytes) : bytes);
      stream.queued += total;
      if (sent) stream.marks.push({ at: stream.pumpedTotal + stream.queued, sent });
      pump(stream);
      if (stream.queued < maxQueued) return true;
      stream.waiting = true;
      return false;
    },
    send(message) {
      if (stream.closed || stream.ending || over) return;
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.queue.push(prefix, message);
      stream.queued += 5 + message.length;
      pump(stream);
    },
    headers(headers, last) {
      if (stream.closed || stream.ending) return;
      const block = encodeHeaders(headers);
      if (!last) {
        sendFrame(frame.headers, 4, stream.id, block);
        return widen(stream);
      }
      stream.trailers = block;
      stream.ending = true;
      pump(stream);
    },
    end() {
      if (stream.closed || stream.ending) return;
      stream.ending = true;
      pump(stream);
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
      sendFrame(frame.reset, 0, stream.id, code);
    },
  });

  // ---- receiving
  const deliver = (stream: Stream, bytes: Buffer) => {
    stream.received += bytes.length;
    if (stream.received >= stream.window / 2 && !stream.remoteEnded) {
      updateWindow(stream.id, stream.received);
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
      stream.held.push(bulk ? Buffer.from(bytes) : bytes);
      stream.heldBytes += bytes.length;
      return;
    }
    deliver(stream, bytes);
  };

  const createStream = (id: number): Stream => {
    const stream: Stream = {
      id,
      events: noEvents,
      deframer: { idle: true, push: () => undefined },
      sendWindow: peerWindow,
      queue: [],
      queued: 0,
      waiting: false,
      ending: false,
      trailers: undefined,
      localEnded: false,
      remoteEnded: false,
      paused: false,
      held: [],
      heldBytes: 0,
      received: 0,
      window: streamWindow,
      wanted: streamWindow,
      pumpedTotal: 0,
      marks: [],
      closed: false,
      finish: undefined,
    };
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
      stream = createStream(id);
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
      else if (id === setting.frameSize) peerFrame = Math.min(value, maxFrameBytes);
    }
    sendFrame(frame.settings, 1, 0, Buffer.alloc(0));
    pumpAll();
  };

  let headerBlock: { id: number; parts: Buffer[]; size: number; last: boolean } | undefined;
  const onHeaderPart = (id: number, part: Buffer, flags: number, last: boolean) => {
    headerBlock ??= { id, parts: [], size: 0, last };
    if (headerBlock.id !== id) throw new Error("header blocks are mixed");
    headerBlock.parts.push(Buffer.from(part));
    headerBlock.size += part.length + headerBytes;
    if (headerBlock.size > maxHeaderBlock) throw new Error("headers are too large");
    if (!(flags & 4)) return;
    const block = headerBlock;
    headerBlock = undefined;
    onHeaders(id, Buffer.concat(block.parts), block.last);
  };

  const onFrame = (type: number, flags: number, id: number, payload: Buffer) => {
    if (headerBlock && type !== frame.continuation) throw new Error("a header block is interrupted");
    switch (type) {
      case frame.headers: {
        const padded = flags & 8 ? (payload[0] ?? 0) : 0;
        const start = (flags & 8 ? 1 : 0) + (flags & 0x20 ? 5 : 0);
        return onHeaderPart(id, payload.subarray(start, payload.length - padded), flags, (flags & 1) !== 0);
      }
      case frame.continuation:
        if (!headerBlock) throw new Error("a continuation continues nothing");
        return onHeaderPart(id, payload, flags, headerBlock.last);
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
        if (!(flags & 1)) sendFrame(frame.ping, 1, 0, Buffer.from(payload));
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
          sendWindow += bytes;
          pumpAll();
          return;
        }
        const stream = streams.get(id);
        if (!stream) return;
        stream.sendWindow += bytes;
        if (stuck.has(stream)) pump(stream);
        return;
      }
      default:
    }
  };

  /** Bytes of a frame that is not complete yet; data is handed on without waiting for the rest. */
  let partial: Buffer | undefined;
  let dataLeft = 0;
  let dataPadding = 0;
  let dataStream: Stream | undefined;
  let dataLast = false;

  const finishData = () => {
    const stream = dataStream;
    dataStream = undefined;
    if (!stream || !dataLast) return;
    endRemote(stream);
    afterData(stream, () => {
      if (!stream.closed) stream.events.onEnd();
    });
  };

  const receive = (given: Buffer) => {
    let bytes = given;
    if (partial) {
      bytes = Buffer.concat([partial, given]);
      partial = undefined;
    }
    let position = 0;
    try {
      while (position < bytes.length && !over) {
        if (dataLeft > 0) {
          const taken = Math.min(dataLeft, bytes.length - position);
          const useful = Math.min(taken, dataLeft - dataPadding);
          if (useful > 0) onData(dataStream, bytes.subarray(position, position + useful));
          position += taken;
          dataLeft -= taken;
          if (dataLeft === 0) finishData();
          continue;
        }
        if (bytes.length - position < headerBytes) break;
        const length =
          ((bytes[position] ?? 0) << 16) | ((bytes[position + 1] ?? 0) << 8) | (bytes[position + 2] ?? 0);
        const type = bytes[position + 3] ?? 0;
        const flags = bytes[position + 4] ?? 0;
        const id = bytes.readUInt32BE(position + 5) & 0x7fff_ffff;
        if (length > (type === frame.data ? maxFrameBytes : maxOtherFrameBytes)) {
          throw new Error("a frame is too long");
        }
        if (type === frame.data) {
          if (headerBlock) throw new Error("a header block is interrupted");
          const padded = (flags & 8) !== 0;
          if (padded && bytes.length - position < headerBytes + 1) break;
          dataPadding = padded ? (bytes[position + headerBytes] ?? 0) : 0;
          position += headerBytes + (padded ? 1 : 0);
          dataLeft = length - (padded ? 1 : 0);
          dataStream = streams.get(id);
          dataLast = (flags & 1) !== 0;
          received += length;
          if (received >= connectionWindow / 4) {
            updateWindow(0, received);
            received = 0;
          }
          if (dataStream && dataStream.heldBytes + length > dataStream.window * 2)
            throw new Error("the peer sends more than its window");
          if (dataLeft === 0) finishData();
          continue;
        }
        if (bytes.length - position < headerBytes + length) break;
        const start = position + headerBytes;
        position = start + length;
        onFrame(type, flags, id, bytes.subarray(start, position));
      }
    } catch (error) {
      return destroy(error instanceof Error ? error.message : "protocol error");
    }
    // A copy: it is small, and the whole buffer would be kept for it.
    if (position < bytes.length) partial = Buffer.from(bytes.subarray(position));
  };

  const destroy = (reason: string) => {
    if (over) return;
    over = true;
    usable = false;
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
    if (bulk) freeMemory(bytes);
  });
  socket.on("end", () => destroy("the connection was closed"));
  socket.on("close", () => destroy("the connection was closed"));
  socket.on("error", () => destroy("the connection was lost"));
  if (isServer) sendFrame(frame.settings, 0, 0, settingsPayload());
  else put(bulk ? clientHello.bulk : clientHello.ordinary);
  updateWindow(0, connectionWindow - initialWindow);

  return {
    open(events, tag, window) {
      const stream = createStream(nextId);
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

const noEvents: StreamEvents = {
  onHeaders: () => undefined,
  onBlock: () => undefined,
  onMessage: () => undefined,
  onEnd: () => undefined,
  onDrain: () => undefined,
  onReset: () => undefined,
};
