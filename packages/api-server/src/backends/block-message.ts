import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type BlockCall, Code, RpcError } from "@k8shell/rpc";

/**
 * Reads a message of a call that is no block. A malformed one ends the call.
 * @param onEnd of the call: told Internal then
 * @returns undefined when it is malformed
 */
export const readMessage = <S extends DescMessage>(
  schema: S,
  message: Buffer,
  call: Pick<BlockCall, "destroy">,
  onEnd: (error: RpcError) => void,
): MessageShape<S> | undefined => {
  try {
    return fromBinary(schema, message);
  } catch (error) {
    call.destroy();
    onEnd(new RpcError(Code.Internal, "malformed message", { cause: error }));
    return undefined;
  }
};
