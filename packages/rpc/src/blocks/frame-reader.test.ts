import { expect, it } from "vitest";
import { createFrameReader } from "./frame-reader.ts";

const frameOf = (type: number, flags: number, id: number, payload: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, 9);
  return bytes;
};

/** What a reader tells of bytes that come in pieces of `step`; data of one frame is joined. */
const read = (stream: Buffer, step: number): unknown[] => {
  const seen: unknown[] = [];
  let data: number[] = [];
  const reader = createFrameReader({
    onDataFrame: (id, length, last) => void seen.push(["data", id, length, last]),
    onData: (piece) => void data.push(...piece),
    onDataEnd() {
      seen.push(data);
      data = [];
    },
    onHeaders: (id, block, last) => void seen.push(["headers", id, [...block], last]),
    onFrame: (type, _flags, id, payload) => void seen.push(["frame", type, id, [...payload]]),
  });
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  return seen;
};

it("tells of the same frames however their bytes are cut; padding and priority are left out", () => {
  const stream = Buffer.concat([
    frameOf(1, 0x28, 1, [2, 0, 0, 0, 0, 0, 7, 8, 0, 0]),
    frameOf(9, 4, 1, [9]),
    frameOf(0, 8, 1, [2, 5, 6, 0, 0]),
    frameOf(0, 1, 1, []),
    frameOf(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
  ]);
  for (const step of [1, 4, 10, stream.length]) {
    expect(read(stream, step)).toEqual([
      ["headers", 1, [7, 8, 9], false],
      ["data", 1, 5, false],
      [5, 6],
      ["data", 1, 0, true],
      [],
      ["frame", 6, 0, [1, 2, 3, 4, 5, 6, 7, 8]],
    ]);
  }
});

it("refuses what is no HTTP/2", () => {
  const refused = (...frames: Buffer[]) => expect(() => read(Buffer.concat(frames), 1 << 20));
  refused(frameOf(0, 8, 1, [3, 0, 0])).toThrow("padded beyond its end");
  refused(frameOf(0, 8, 1, []), frameOf(0, 0, 1, [])).toThrow("padded beyond its end");
  refused(frameOf(1, 0, 1, [1]), frameOf(0, 0, 1, [])).toThrow("interrupted");
  refused(frameOf(1, 0, 1, [1]), frameOf(9, 4, 3, [])).toThrow("mixed");
  refused(frameOf(9, 4, 1, [])).toThrow("continues nothing");
  refused(
    frameOf(
      6,
      0,
      0,
      Array.from({ length: (64 << 10) + 1 }, () => 0),
    ),
  ).toThrow("too long");
});
