import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CloudshellMessageSchema } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, errorFrame, explorerFrame, outputFrame, pongFrame } from "./cloudshell-codec.ts";

test("output frames are what the generated code makes of the same text", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { maxLength: 5 }), (parts) => {
      const frame = outputFrame(parts.map((part) => Buffer.from(part)));
      const message = fromBinary(CloudshellMessageSchema, frame);
      expect(message.payload).toMatchObject({ case: "terminalOutput", value: { data: parts.join("") } });
    }),
  );
  for (const length of [0, 127, 128, 16_383, 16_384, 70_000, 2_100_000]) {
    const data = "x".repeat(length);
    const expected = toBinary(
      CloudshellMessageSchema,
      create(CloudshellMessageSchema, { payload: { case: "terminalOutput", value: { data } } }),
    );
    // An empty string is written out here and left out there; both read the same.
    if (length > 0) expect(outputFrame([Buffer.from(data)]).equals(expected)).toBe(true);
  }
});

test("answers decode to what was meant", () => {
  expect(decodeFrame(pongFrame()).case).toBe("pong");
  expect(decodeFrame(errorFrame("no"))).toMatchObject({ case: "terminalError", value: { data: "no" } });
  expect(
    decodeFrame(explorerFrame("7", { payload: { case: "remove", value: { error: "x" } } })),
  ).toMatchObject({
    case: "fileExplorer",
    value: {
      id: "7",
      payload: { case: "response", value: { payload: { case: "remove", value: { error: "x" } } } },
    },
  });
});

test("random bytes are decoded or refused, and nothing else happens", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(decodeFrame(bytes)).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a string that is not UTF-8 is refused", () => {
  expect(() => decodeFrame(Buffer.from([0x1a, 0x03, 0x0a, 0x01, 0xff]))).toThrow();
});
