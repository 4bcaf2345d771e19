import { create, type DescMessage, equals, toBinary } from "@bufbuild/protobuf";
import {
  ExecRequestSchema,
  ExecResponseSchema,
  PortForwardResponseSchema,
  ShellRequestSchema,
  ShellResponseSchema,
} from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { DataChunkSchema, ShellRecordingFrameSchema } from "@k8shell/contract/gen/session/v1/session_pb.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDecoder, createEncoder } from "./codec.ts";
import { RpcError } from "./rpc-error.ts";

const sameAsLibrary = (schema: DescMessage, init: Record<string, unknown>) => {
  const message = create(schema, init);
  const bytes = createEncoder(schema)(init);
  expect(Buffer.compare(bytes, toBinary(schema, message))).toBe(0);
  expect(equals(schema, createDecoder(schema)(bytes), message)).toBe(true);
};

describe("encoding is byte for byte what protobuf-es makes of", () => {
  test.each([0, 1, 127, 128, 16_383, 16_384, 32_768, 2_097_151, 2_097_152])(
    "a block of %i bytes",
    (length) => {
      const block = new Uint8Array(length).map((_, i) => i);
      sameAsLibrary(PortForwardResponseSchema, { data: block });
      sameAsLibrary(ExecResponseSchema, { response: { case: "stdout", value: block } });
      sameAsLibrary(ExecResponseSchema, { response: { case: "stderr", value: block } });
      sameAsLibrary(ExecRequestSchema, { request: { case: "input", value: block } });
      sameAsLibrary(ShellRequestSchema, { request: { case: "data", value: block } });
      sameAsLibrary(DataChunkSchema, { data: block });
    },
  );

  test.each<[string, DescMessage, Record<string, unknown>]>([
    ["a message with nothing set", ExecResponseSchema, {}],
    ["another case of the oneof", ExecResponseSchema, { response: { case: "exitCode", value: -1 } }],
    ["a boolean case", ShellResponseSchema, { response: { case: "terminate", value: true } }],
    [
      "a nested block",
      ShellRecordingFrameSchema,
      { payload: { case: "chunk", value: { data: new Uint8Array(200) } } },
    ],
    ["a Buffer", PortForwardResponseSchema, { data: Buffer.from("hello") }],
  ])("%s", (_, schema, init) => sameAsLibrary(schema, init));

  test("a block beside fields of a newer version", () => {
    const $unknown = [{ no: 99, wireType: 0, data: Uint8Array.of(1) }];
    const message = Object.assign(create(PortForwardResponseSchema, { data: Uint8Array.of(1, 2) }), {
      $unknown,
    });
    const bytes = createEncoder(PortForwardResponseSchema)(message);
    expect(Buffer.compare(bytes, toBinary(PortForwardResponseSchema, message))).toBe(0);
  });
});

test("bytes that are no message give an RpcError and never anything else", () => {
  const decode = createDecoder(ExecRequestSchema);
  const attempt = (bytes: Uint8Array) => {
    try {
      decode(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(RpcError);
      expect(error).toMatchObject({ status: "Internal", message: "malformed message" });
    }
  };
  attempt(Uint8Array.of(0x0a, 0xff));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), attempt), { numRuns: 2_000 });
});
