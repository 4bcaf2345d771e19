import type { Duplex } from "node:stream";
import { giveSlab, slabBytes, takeSlab } from "../slabs.ts";
import { frame, headerBytes } from "./http2.ts";
import { writeMessageHead } from "./message-head.ts";

export interface FrameWriterDeps {
  readonly socket: Duplex;
  /** The peer reads again after `blocked`. */
  readonly onDrain: () => void;
  /** The peer makes us answer more than it reads. */
  readonly onOverflow: () => void;
}

/** Puts frames together and sends what comes in one turn of the event loop in one packet. */
export interface FrameWriter {
  /** The peer has stopped reading, or nothing is sent any more: what is put is kept. */
  readonly blocked: boolean;
  /**
   * A data frame with one gRPC message, which is one block.
   * @param head `messageHeadBytes` of the block
   * @param borrowed it is copied: nobody looks at it after the call
   */
  sendBlock(id: number, head: number, tag: number, block: Buffer, borrowed: boolean): void;
  /** Begins a data frame; `put` goes on with it. */
  beginData(id: number, length: number): void;
  put(piece: Buffer): void;
  /** Calls this when nobody looks at what has been put any more; not when the connection ends before. */
  whenSent(sent: () => void): void;
  /** A whole frame that is no data. */
  send(type: number, flags: number, id: number, payload: Buffer): void;
  updateWindow(id: number, bytes: number): void;
  /** Sends nothing any more. */
  stop(): void;
}

/** Answers to pings and the like that a peer may make us queue, bytes. */
const maxControl = 1 << 20;
/** Pieces up to this size are copied into one packet with their neighbours. */
const smallPiece = 4 << 10;

export const createFrameWriter = ({ socket, onDrain, onOverflow }: FrameWriterDeps): FrameWriter => {
  let slab = takeSlab();
  /** What is in the slab and not yet in `out`. */
  let from = 0;
  let at = 0;
  let out: Buffer[] = [];
  let scheduled = false;
  let blocked = false;
  let stopped = false;
  let control = 0;
  /** Who waits until what is to be flushed next has left. */
  let waiting: Array<() => void> = [];

  const flush = () => {
    scheduled = false;
    if (stopped) return;
    if (at > from) out.push(slab.subarray(from, at));
    from = at;
    const pieces = out;
    out = [];
    control = 0;
    if (pieces.length === 0) return;
    if (pieces.length > 1) socket.cork();
    let room = true;
    const leaving = waiting;
    waiting = [];
    const last = pieces.length - 1;
    for (const [index, piece] of pieces.entries()) {
      room =
        index === last && leaving.length > 0
          ? socket.write(piece, (error) => {
              if (!error) for (const sent of leaving) sent();
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
    const full = slab;
    if (full.length === slabBytes) waiting.push(() => giveSlab(full));
    slab = size > slabBytes ? Buffer.allocUnsafeSlow(size) : takeSlab();
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
  const put = (piece: Buffer, borrowed: boolean) => {
    if (borrowed || piece.length <= smallPiece) {
      reserve(piece.length);
      at += piece.copy(slab, at);
      return;
    }
    if (at > from) out.push(slab.subarray(from, at));
    from = at;
    out.push(piece);
  };
  socket.on("drain", () => {
    blocked = false;
    onDrain();
  });

  return {
    get blocked() {
      return blocked || stopped;
    },
    sendBlock(id, head, tag, block, borrowed) {
      const size = block.length;
      reserve(headerBytes + head);
      putHeader(head + size, frame.data, 0, id);
      writeMessageHead(slab, at, tag, size);
      at += head;
      put(block, borrowed);
      schedule();
    },
    beginData(id, length) {
      reserve(headerBytes);
      putHeader(length, frame.data, 0, id);
      schedule();
    },
    put(piece) {
      put(piece, false);
      schedule();
    },
    whenSent: (sent) => void waiting.push(sent),
    send(type, flags, id, payload) {
      if (stopped) return;
      control += headerBytes + payload.length;
      if (control > maxControl && blocked) return onOverflow();
      reserve(headerBytes);
      putHeader(payload.length, type, flags, id);
      if (payload.length > 0) put(payload, false);
      schedule();
    },
    updateWindow(id, bytes) {
      reserve(headerBytes + 4);
      putHeader(4, frame.windowUpdate, 0, id);
      slab.writeUInt32BE(bytes, at);
      at += 4;
      schedule();
    },
    stop() {
      stopped = true;
    },
  };
};
