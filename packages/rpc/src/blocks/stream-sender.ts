import type { FrameWriter } from "./frame-writer.ts";
import { frame, frameBytes, initialWindow, maxFrameBytes } from "./http2.ts";
import { messageHeadBytes, writeMessageHead } from "./message-head.ts";
import type { Stream } from "./stream-state.ts";

/** Sends what streams have to say as far as the peer's windows go, and keeps the rest. */
export interface StreamSender {
  /** As `BlockStream.write`. */
  write(
    stream: Stream,
    tag: number,
    bytes: Buffer,
    sent: (() => void) | undefined,
    borrowed: boolean,
  ): boolean;
  /** As `BlockStream.send`. */
  send(stream: Stream, message: Buffer): void;
  /** Ends the stream behind what it has said. */
  end(stream: Stream, trailers?: Buffer): void;
  /** The peer takes more on a stream, or on the connection. */
  widenStream(stream: Stream, bytes: number): void;
  widen(bytes: number): void;
  /** The longest payload that the peer takes. */
  limitFrames(bytes: number): void;
  /** Tries again what could not leave. */
  pumpAll(): void;
  /** The stream has nothing to say any more. */
  forget(stream: Stream): void;
}

/** Bytes accepted beyond the peer's window before a writer is asked to wait. */
const maxQueued = 256 << 10;
const nothing = Buffer.alloc(0);

/** @param onEnded called when a stream has said everything */
export const createStreamSender = (writer: FrameWriter, onEnded: (stream: Stream) => void): StreamSender => {
  let peerFrame = frameBytes;
  let sendWindow = initialWindow;
  /** Streams with something to send that could not leave yet. */
  const stuck = new Set<Stream>();

  /** Sends what a stream has queued, as far as the windows go. */
  const pump = (stream: Stream) => {
    while (stream.queued > 0) {
      const room = Math.min(stream.sendWindow, sendWindow, peerFrame);
      if (room <= 0 || writer.blocked) {
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
      writer.beginData(stream.id, size);
      for (const piece of pieces) writer.put(piece);
      while (stream.marks[0] && stream.marks[0].at <= stream.pumpedTotal) {
        const mark = stream.marks.shift();
        if (mark) writer.whenSent(mark.sent);
      }
    }
    stuck.delete(stream);
    if (stream.ending && !stream.localEnded) {
      stream.localEnded = true;
      if (stream.trailers) writer.send(frame.headers, 5, stream.id, stream.trailers);
      else writer.send(frame.data, 1, stream.id, nothing);
      onEnded(stream);
    }
    if (stream.waiting) {
      stream.waiting = false;
      stream.events.onDrain();
    }
  };

  const pumpAll = () => {
    for (const stream of [...stuck]) {
      if (writer.blocked || sendWindow <= 0) return;
      pump(stream);
    }
  };

  return {
    write(stream, tag, bytes, sent, borrowed) {
      const size = bytes.length;
      const head = messageHeadBytes(size);
      const total = head + size;
      if (
        stream.queued === 0 &&
        !writer.blocked &&
        total <= stream.sendWindow &&
        total <= sendWindow &&
        total <= peerFrame
      ) {
        writer.sendBlock(stream.id, head, tag, bytes, borrowed);
        if (sent) writer.whenSent(sent);
        stream.sendWindow -= total;
        sendWindow -= total;
        return true;
      }
      const target = Buffer.allocUnsafe(head);
      writeMessageHead(target, 0, tag, size);
      stream.queue.push(target, borrowed ? Buffer.from(bytes) : bytes);
      stream.queued += total;
      if (sent) stream.marks.push({ at: stream.pumpedTotal + stream.queued, sent });
      pump(stream);
      if (stream.queued < maxQueued) return true;
      stream.waiting = true;
      return false;
    },
    send(stream, message) {
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(message.length, 1);
      stream.queue.push(prefix, message);
      stream.queued += 5 + message.length;
      pump(stream);
    },
    end(stream, trailers) {
      stream.trailers = trailers;
      stream.ending = true;
      pump(stream);
    },
    widenStream(stream, bytes) {
      stream.sendWindow += bytes;
      if (stuck.has(stream)) pump(stream);
    },
    widen(bytes) {
      sendWindow += bytes;
      pumpAll();
    },
    limitFrames(bytes) {
      peerFrame = Math.min(bytes, maxFrameBytes);
    },
    pumpAll,
    forget: (stream) => void stuck.delete(stream),
  };
};
