import type { DescMethod, MessageShape } from "@bufbuild/protobuf";
import { SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { createDecoder, createEncoder } from "../../packages/rpc/src/codec.ts";

/** A method as grpc-js takes it, with the codec that ours has. */
const define = <M extends DescMethod>(method: M) => ({
  path: `/${method.parent.typeName}/${method.name}`,
  requestStream: method.methodKind === "bidi_streaming",
  responseStream: method.methodKind === "bidi_streaming",
  requestSerialize: createEncoder(method.input),
  requestDeserialize: createDecoder(method.input) as unknown as (bytes: Buffer) => MessageShape<M["input"]>,
  responseSerialize: createEncoder(method.output),
  responseDeserialize: createDecoder(method.output) as unknown as (
    bytes: Buffer,
  ) => MessageShape<M["output"]>,
});

export const definition = {
  GetCWD: define(SshService.method.getCWD),
  PortForward: define(SshService.method.portForward),
};
