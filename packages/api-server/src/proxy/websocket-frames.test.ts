import { expect, it } from "vitest";
import { closeFrame, createFrameFollower } from "./websocket-frames.ts";

/** A frame of 0x88 bytes, which look like heads of close frames. */
const frameOf = (size: number, masked: boolean): Buffer => {
  const mask = masked ? 0x80 : 0;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = mask | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0, 0x88), Buffer.alloc(size, 0x88)]);
};

it("knows the ends of frames of every length, however they are cut", () => {
  for (const masked of [false, true]) {
    const frames = [0, 1, 125, 126, 127, 65_535, 65_536, 3].map((size) => frameOf(size, masked));
    const stream = Buffer.concat(frames);
    const ends = new Set<number>();
    let total = 0;
    for (const frame of frames) {
      total += frame.length;
      ends.add(total);
    }
    for (const step of [1, 2, 7, 4_096, stream.length]) {
      const follower = createFrameFollower();
      const wrong: number[] = [];
      for (let at = 0; at < stream.length; at += step) {
        follower.push(stream.subarray(at, at + step));
        const end = Math.min(at + step, stream.length);
        if (follower.mayBegin !== ends.has(end)) wrong.push(end);
      }
      expect(wrong).toEqual([]);
      expect(follower.mayBegin).toBe(true);
    }
  }
});

it("nothing follows a close frame", () => {
  const follower = createFrameFollower();
  expect(follower.mayBegin).toBe(true);
  follower.push(closeFrame(1000, ""));
  expect(follower.mayBegin).toBe(false);
});

it("leaves out a reason that no close frame has room for", () => {
  expect(closeFrame(1008, "gone")).toEqual(Buffer.from([0x88, 6, 0x03, 0xf0, ...Buffer.from("gone")]));
  expect(closeFrame(1008, "x".repeat(123))).toHaveLength(127);
  expect(closeFrame(1008, "x".repeat(124))).toEqual(Buffer.of(0x88, 2, 0x03, 0xf0));
});
