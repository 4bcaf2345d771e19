import { create } from "@bufbuild/protobuf";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { WorkspaceDetailsSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { Code, RpcError, register, type ServiceRegistration } from "@k8shell/rpc";

/**
 * Stands for a Provisioner of which only finding and listing matters, and that it says yes to stopping: tests of the
 * guard need workspaces that exist, not processes that run.
 */
export const fakeProvisioner = (): {
  readonly registration: ServiceRegistration;
  add(name: string, username: string): void;
} => {
  const workspaces = new Map<string, WorkspaceDetails>();
  const registration = register(ProvisionerService, {
    findWorkspace({ workspace }) {
      const found = workspaces.get(workspace);
      if (!found) throw new RpcError(Code.NotFound, "workspace not found");
      return found;
    },
    stopWorkspace: () => ({ message: "stopping" }),
    getWorkspaces: () => ({ workspaces: [...workspaces.values()] }),
    queryWorkspaces: () => ({ workspaces: [...workspaces.values()] }),
  });
  return {
    registration,
    add(name, username) {
      workspaces.set(
        name,
        create(WorkspaceDetailsSchema, {
          name,
          username,
          blueprint: "dev",
          namespace: "local",
          workspaceStatus: { status: "Running" },
        }),
      );
    },
  };
};
