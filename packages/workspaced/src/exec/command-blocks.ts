import { create } from "@bufbuild/protobuf";
import { ExecRequestSchema, SshService } from "@k8shell/contract/gen/k8shelld/v1/k8shelld_pb.js";
import { type BlockMethod, freeMemory, type ServiceImpl, streamedBlocks } from "@k8shell/rpc";

/** Keys of the fields `input` (number 2 in requests) and `stdout` (number 1 in responses); bytes. */
export const execTags = { requestTag: 0x12, responseTag: 0x0a };

/** The same commands for clients that send blocks. Standard error comes in messages. */
export const createCommandBlocks = (blockExec: ServiceImpl<typeof SshService>["exec"]): BlockMethod =>
  streamedBlocks({
    method: SshService.method.exec,
    ...execTags,
    requestOf: (value) => create(ExecRequestSchema, { request: { case: "input", value } }),
    blockOf: ({ response }) => (response?.case === "stdout" ? response.value : undefined),
    sent({ response }) {
      if (response?.case === "stdout" && response.value) freeMemory(response.value);
    },
    implementation: blockExec,
  });
