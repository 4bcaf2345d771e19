import type { Blueprint } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { ApiError } from "../http/api-error.ts";

/** A remote Provisioner gives out no templates: blueprints that need none can still be composed. */
export const remoteComposer = async (
  identity: Client<typeof IdentityService>,
): Promise<(username: string, text: string) => Promise<Blueprint>> => {
  const { createComposer } = await import("@k8shell/platform/provisioner/blueprints/compose-text.ts");
  const compose = createComposer({ identity });
  return (username, text) =>
    compose(username, text).catch((error: unknown) => {
      if (!(error instanceof RpcError) || error.code !== Code.Unimplemented) throw error;
      throw new ApiError("not_implemented", `${error.message}.`, { cause: error });
    });
};
