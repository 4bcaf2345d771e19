import type { FramePool } from "./frame-pool.ts";
import type { HubTerminal, TerminalEnd, Viewer } from "./hub-terminal.ts";
import { windowBytes } from "./hub-terminal.ts";
import type { ScreenSnapshot } from "./screen.ts";
import type { TerminalSize } from "./shell-opener.ts";

/** The part of a WebSocket that sending needs. */
export interface FrameSocket {
  send(frame: Uint8Array, done: (error?: Error | null) => void): void;
}

/** What a subprotocol makes of output. */
export interface OutputFormat {
  /**
   * A frame with `length` bytes of output from `offset` on, written into it by `copy`. Its memory comes from `allocate`,
   * which may give more than was asked for. Undefined when there is nothing to send yet (a cut character).
   */
  output(
    offset: number,
    length: number,
    copy: (target: Uint8Array, at: number) => void,
    allocate: (length: number) => Buffer,
  ): Buffer | undefined;
  /** A frame with the whole screen. */
  snapshot(screen: ScreenSnapshot): Uint8Array;
  /** A frame that tells of output that is left out; undefined where a snapshot does that. */
  skipped(bytes: number): Uint8Array | undefined;
  resized(size: TerminalSize): Uint8Array | undefined;
  /** What is still to be sent at the end. */
  last(): Uint8Array | undefined;
}

export interface OutputViewer extends Viewer {
  /** The client has rendered everything before this offset. */
  acknowledge(offset: number): void;
  /** The socket is closed: nothing is sent any more. */
  close(): void;
}

export interface OutputViewerOptions {
  readonly socket: FrameSocket;
  readonly terminal: Pick<HubTerminal, "ring" | "screen" | "size" | "progress">;
  readonly frames: FramePool;
  readonly format: OutputFormat;
  /** Offset of the first byte to send; before what is kept means a snapshot. */
  readonly from: number;
  readonly paces: boolean;
  /** Does the client acknowledge? Else what has left the socket counts. */
  readonly acknowledges: boolean;
  /** Counts bytes sent. */
  readonly count: (bytes: number) => void;
  /** After the last output has been handed to the socket. */
  readonly onEnd: (end: TerminalEnd) => void;
}

/** Largest output of one frame, bytes. */
export const frameBytes = 64 * 1024;
/** Bytes that may be handed to the socket at once. */
const underWayBytes = 256 * 1024;
/** Bytes shown of a flood that was skipped. */
const keptBytes = 4096;

/**
 * Sends a terminal's output to one client, out of the terminal's ring: at once when everything before it has left, else
 * joined with what follows. A client that falls behind what is kept gets a snapshot.
 */
export const createOutputViewer = (options: OutputViewerOptions): OutputViewer => {
  const { socket, terminal, frames, format, acknowledges, count, paces } = options;
  const { ring, screen } = terminal;
  let cursor = options.from;
  let taken = options.from;
  let underWay = 0;
  let closed = false;
  let skipping = false;
  let picturing = false;
  /** Offset of the last snapshot, until the client has acknowledged it: one that renders nothing gets no second one. */
  let pictured: number | undefined;
  let ended: TerminalEnd | undefined;

  const send = (frame: Uint8Array, upTo: number, pooled?: Buffer) => {
    underWay += frame.length;
    socket.send(frame, (error) => {
      // Of a socket that broke it is not known what still reads it.
      if (pooled && !error) frames.give(pooled);
      underWay -= frame.length;
      if (!acknowledges) took(upTo);
      pump();
    });
  };
  const took = (upTo: number) => {
    if (upTo <= taken) return;
    taken = upTo;
    terminal.progress();
  };
  const sendOutput = (length: number) => {
    const from = cursor;
    cursor += length;
    count(length);
    let pooled: Buffer | undefined;
    const frame = format.output(
      from,
      length,
      (target, at) => ring.copy(from, length, target, at),
      (size) => {
        pooled = frames.take(size);
        return pooled;
      },
    );
    if (frame) send(frame, cursor, pooled);
    else if (!acknowledges) took(cursor);
  };
  /** Continues with the last lines that are kept. */
  const skip = () => {
    let from = Math.max(ring.start, ring.head - keptBytes);
    const kept = ring.read(from);
    from += kept.indexOf(0x0a) + 1;
    const frame = format.skipped(from - cursor);
    cursor = from;
    taken = Math.max(taken, from);
    if (frame) send(frame, from);
    terminal.progress();
  };
  const tellSize = (size: TerminalSize) => {
    const frame = format.resized(size);
    if (frame) socket.send(frame, () => {});
  };
  const picture = async () => {
    picturing = true;
    // An emulator that fails leaves an empty screen, told as such, rather than a gap.
    const made = await screen
      .renew()
      .catch((): ScreenSnapshot => ({ ...terminal.size, offset: ring.head, text: "" }));
    picturing = false;
    if (closed) return;
    cursor = made.offset;
    if (acknowledges) pictured = made.offset;
    // What is under way before it is of no more interest.
    taken = made.offset;
    send(format.snapshot(made), made.offset);
    const { size } = terminal;
    if (size.cols !== made.cols || size.rows !== made.rows) tellSize(size);
    terminal.progress();
    pump();
  };
  const pump = () => {
    if (closed || skipping || picturing) return;
    while (cursor < ring.head) {
      if (cursor < ring.start) {
        if (pictured === undefined || ended) void picture();
        return;
      }
      if (underWay >= underWayBytes || cursor - taken >= windowBytes) return;
      const length = Math.min(ring.head - cursor, frameBytes, windowBytes - (cursor - taken));
      // Only whole frames follow one that has not left yet.
      if (underWay > 0 && length < frameBytes) return;
      sendOutput(length);
    }
    if (!ended) return;
    const rest = format.last();
    if (rest) socket.send(rest, () => {});
    const end = ended;
    ended = undefined;
    closed = true;
    options.onEnd(end);
  };

  return {
    paces,
    get taken() {
      return taken;
    },
    more: pump,
    skipOutput() {
      skipping = true;
    },
    resumeOutput() {
      skipping = false;
      if (closed) return;
      // A client that knows offsets has what is kept sent to it, which is little, or a snapshot.
      if (!acknowledges && ring.head - cursor > keptBytes) skip();
      pump();
    },
    resized(size) {
      // A picture that is being made may be of the size before: the new one comes behind it.
      if (!closed && !picturing) tellSize(size);
    },
    ended(end) {
      ended = end;
      skipping = false;
      pump();
    },
    acknowledge(offset) {
      if (closed || !acknowledges) return;
      if (pictured !== undefined && offset >= pictured) pictured = undefined;
      took(Math.min(offset, cursor));
      pump();
    },
    close() {
      closed = true;
    },
  };
};
