/** Follows the frames of a WebSocket in one direction (RFC 6455 section 5.2), without looking into them. */
export interface FrameFollower {
  push(bytes: Buffer): void;
  /** Another frame may begin here: none is under way, and none has said that it is the last one. */
  readonly mayBegin: boolean;
}

const closeOpcode = 0x8;
/** Bytes of the reason in a close frame. */
const maxReason = 123;

export const createFrameFollower = (): FrameFollower => {
  /** Bytes of the frame's head that have come, and that it has. */
  let got = 0;
  let headBytes = 0;
  let lengthEnd = 0;
  /** Bytes of its payload: those that it says it has, and those still to come. */
  let length = 0;
  let left = 0;
  let isOver = false;

  const takeHeadByte = (byte: number) => {
    got += 1;
    if (got === 1) {
      if ((byte & 0x0f) === closeOpcode) isOver = true;
      headBytes = 2;
    } else if (got === 2) {
      const short = byte & 0x7f;
      length = short < 126 ? short : 0;
      lengthEnd = short < 126 ? 2 : short === 126 ? 4 : 10;
      headBytes = lengthEnd + ((byte & 0x80) === 0 ? 0 : 4);
    } else if (got <= lengthEnd) length = length * 256 + byte;
    if (got < headBytes) return;
    got = 0;
    left = length;
  };

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (left === 0) {
          takeHeadByte(bytes[at] ?? 0);
          at += 1;
        } else {
          const taken = Math.min(left, bytes.length - at);
          left -= taken;
          at += taken;
        }
      }
    },
    get mayBegin() {
      return got === 0 && left === 0 && !isOver;
    },
  };
};

/**
 * A close frame of a server (RFC 6455 section 5.5.1), which is not masked.
 * @param reason for people; left out where it is longer than 123 bytes
 */
export const closeFrame = (code: number, reason: string): Buffer => {
  const words = Buffer.from(reason);
  const text = words.length > maxReason ? Buffer.alloc(0) : words;
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x80 | closeOpcode;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
};
