import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileAttributes } from "./attributes.ts";
import {
  decodeHello,
  decodeRequest,
  decodeResponse,
  encodeHello,
  encodeRequest,
  encodeResponse,
  type Request,
  type Response,
} from "./packets.ts";
import { SftpProtocolError } from "./protocol.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const attributes: fc.Arbitrary<FileAttributes> = fc
  .record(
    {
      size: u64,
      owner: fc.record({ uid: u32, gid: u32 }),
      mode: u32,
      times: fc.record({ atime: u32, mtime: u32 }),
    },
    { requiredKeys: [] },
  )
  .map(({ size, owner, mode, times }) => ({
    ...(size === undefined ? {} : { size }),
    ...owner,
    ...(mode === undefined ? {} : { mode }),
    ...times,
  }));
const literal = <const T extends string>(...values: T[]) => fc.constantFrom(...values);

const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ type: literal("open"), path: bytes, flags: u32, attributes }),
  fc.record({ type: literal("close", "fstat", "readdir"), handle: bytes }),
  fc.record({ type: literal("read"), handle: bytes, offset: u64, length: u32 }),
  fc.record({ type: literal("write"), handle: bytes, offset: u64, data: bytes }),
  fc.record({
    type: literal("lstat", "stat", "opendir", "remove", "rmdir", "realpath", "readlink"),
    path: bytes,
  }),
  fc.record({ type: literal("setstat", "mkdir"), path: bytes, attributes }),
  fc.record({ type: literal("fsetstat"), handle: bytes, attributes }),
  fc.record({ type: literal("rename"), from: bytes, to: bytes }),
  fc.record({ type: literal("symlink"), target: bytes, link: bytes }),
  fc.record({ type: literal("extended"), name: fc.string(), payload: bytes }),
);

const response: fc.Arbitrary<Response> = fc.oneof(
  fc.record({ type: literal("status"), code: u32, message: fc.string() }),
  fc.record({ type: literal("handle"), handle: bytes }),
  fc.record({ type: literal("data"), data: bytes }),
  fc.record({
    type: literal("name"),
    entries: fc.array(fc.record({ filename: bytes, longname: bytes, attributes })),
  }),
  fc.record({ type: literal("attributes"), attributes }),
  fc.record({ type: literal("extendedReply"), payload: bytes }),
);

/** The packet as it leaves the frame parser. */
const body = (frame: Buffer): Buffer => {
  expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
  return frame.subarray(4);
};

test("every request is decoded to what was encoded", () => {
  fc.assert(
    fc.property(u32, request, (id, value) => {
      expect(decodeRequest(body(encodeRequest(id, value)))).toEqual({ id, request: value });
    }),
  );
});

test("every response is decoded to what was encoded", () => {
  fc.assert(
    fc.property(u32, response, (id, value) => {
      expect(decodeResponse(body(encodeResponse(id, value)))).toEqual({ id, response: value });
    }),
  );
});

test("a request cut short anywhere is a protocol error, never another exception or an endless loop", () => {
  fc.assert(
    fc.property(u32, request, fc.double({ min: 0, max: 0.999, noNaN: true }), (id, value, part) => {
      const whole = body(encodeRequest(id, value));
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      try {
        decodeRequest(cut);
      } catch (error) {
        expect(error).toBeInstanceOf(SftpProtocolError);
      }
    }),
  );
});

test("random bytes are decoded or refused as a protocol error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (packet) => {
      for (const decode of [decodeRequest, decodeResponse]) {
        try {
          decode(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(SftpProtocolError);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("an unknown request keeps its id so that it can be refused", () => {
  expect(decodeRequest(Buffer.from([77, 0, 0, 1, 2, 9, 9]))).toEqual({
    id: 258,
    request: { type: "unknown", packetType: 77 },
  });
});

test("the greeting carries version and extensions", () => {
  const frame = encodeHello("version", 3, [["posix-rename@openssh.com", "1"]]);
  expect(decodeHello("version", body(frame))).toEqual({
    version: 3,
    extensions: new Map([["posix-rename@openssh.com", "1"]]),
  });
  expect(() => decodeHello("init", body(frame))).toThrow(SftpProtocolError);
});

test("extended attributes are skipped, and a forged count of them is refused", () => {
  const packet = Buffer.concat([
    Buffer.from([105, 0, 0, 0, 1, 0x80, 0, 0, 0]),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 0, 0, 1, 0x62]),
  ]);
  expect(decodeResponse(packet)).toEqual({ id: 1, response: { type: "attributes", attributes: {} } });
  packet.writeUInt32BE(0xffff_ffff, 9);
  expect(() => decodeResponse(packet)).toThrow(SftpProtocolError);
});
