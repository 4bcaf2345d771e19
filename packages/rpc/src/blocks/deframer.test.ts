import { expect, test } from "vitest";
import { createDeframer } from "./deframer.ts";

const tag = 0x0a;

const framed = (message: Buffer): Buffer => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};
/** A block of up to 127 bytes. */
const block = (text: string) => framed(Buffer.from([tag, text.length, ...Buffer.from(text)]));

/** What comes out of bytes that come in pieces of this size. */
const deframe = (bytes: Buffer, size: number) => {
  const out: string[] = [];
  let piece = "";
  const endPiece = () => {
    if (piece !== "") out.push(`block ${piece}`);
    piece = "";
  };
  const deframer = createDeframer(tag, {
    onBlock(part) {
      piece += part.toString();
    },
    onMessage(message) {
      endPiece();
      out.push(`message ${message.length} ${message.subarray(0, 4).toString()} ${message.at(-1)}`);
    },
  });
  for (let at = 0; at < bytes.length; at += size) {
    // The memory of what was received is used again.
    const lent = Buffer.from(bytes.subarray(at, at + size));
    deframer.push(lent);
    lent.fill(0);
  }
  endPiece();
  return { out, idle: deframer.idle };
};

test.each([1, 2, 7, 4096, 1 << 20])("messages and blocks come out whole in pieces of %i bytes", (size) => {
  const long = Buffer.alloc(300_000, "long");
  const bytes = Buffer.concat([
    block("first"),
    framed(Buffer.from("small")),
    framed(Buffer.alloc(0)),
    framed(long),
    block("last"),
  ]);
  expect(deframe(bytes, size)).toEqual({
    out: [
      "block first",
      `message 5 smal ${"l".charCodeAt(0)}`,
      "message 0  undefined",
      `message 300000 long ${"g".charCodeAt(0)}`,
      "block last",
    ],
    idle: true,
  });
});

test("a message that is cut is not idle, and one beyond 4 MiB is refused at its beginning", () => {
  expect(deframe(framed(Buffer.alloc(100, "x")).subarray(0, 50), 20)).toEqual({ out: [], idle: false });
  const tooLong = Buffer.alloc(11, 0xff);
  tooLong.writeUInt8(0, 0);
  tooLong.writeUInt32BE((4 << 20) + 1, 1);
  expect(() => deframe(tooLong, 11)).toThrow("too long");
});
