import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameParser } from "./frames.ts";
import { SftpProtocolError } from "./protocol.ts";

const frame = (packet: Uint8Array): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(packet.length, 0);
  return Buffer.concat([header, packet]);
};

test("packets come out whole however the stream is cut", () => {
  const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 20 });
  const sizes = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 });
  fc.assert(
    fc.property(packets, sizes, (expected, cuts) => {
      const stream = Buffer.concat(expected.map(frame));
      const parser = createFrameParser();
      const found: Uint8Array[] = [];
      for (let start = 0, turn = 0; start < stream.length; turn++) {
        const size = cuts[turn % cuts.length] ?? 1;
        found.push(...parser.push(stream.subarray(start, start + size)));
        start += size;
      }
      expect(found.map((packet) => Buffer.from(packet))).toEqual(
        expected.map((packet) => Buffer.from(packet)),
      );
      expect(parser.partial).toBe(false);
    }),
  );
});

test("an unfinished packet is reported as such", () => {
  const parser = createFrameParser();
  expect([...parser.push(Buffer.from([0, 0]))]).toEqual([]);
  expect(parser.partial).toBe(true);
  expect([...parser.push(Buffer.from([0, 2, 7]))]).toEqual([]);
  expect(parser.partial).toBe(true);
  expect([...parser.push(Buffer.from([8]))]).toEqual([Buffer.from([7, 8])]);
  expect(parser.partial).toBe(false);
});

test("a packet over the limit is refused as soon as its length is known", () => {
  expect(() => [...createFrameParser().push(Buffer.from([0, 4, 0, 1]))]).toThrow(SftpProtocolError);
  expect([...createFrameParser().push(Buffer.from([0, 4, 0, 0]))]).toEqual([]);
});

test("an empty packet is refused", () => {
  expect(() => [...createFrameParser().push(Buffer.from([0, 0, 0, 0]))]).toThrow(SftpProtocolError);
});
