import { isIP } from "node:net";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { ProvisionerService } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import { type CallContext, inProcessChannel, register, type ServiceRegistration } from "@k8shell/rpc";
import type { WorkspaceRelay } from "./workspace-relay.ts";

export interface ReachableWorkspacesOptions {
  readonly relay: WorkspaceRelay;
  /** Host under which gateways reach the relays. */
  readonly advertisedHost: string;
  readonly tls: boolean;
}

/**
 * The embedded Provisioner's service, naming for each running workspace the address where a gateway on another machine
 * reaches its daemon. Embedded, the gateway knows the daemon's unix socket and needs none.
 */
export const withReachableWorkspaces = (
  registrations: readonly ServiceRegistration[],
  { relay, advertisedHost, tls }: ReachableWorkspacesOptions,
): ServiceRegistration[] => {
  const inner = inProcessChannel(registrations).client(ProvisionerService);
  // The relays show the service's certificate, which knows this machine and not each workspace. Without a name, the
  // address itself is verified.
  const serverName = isIP(advertisedHost) ? "" : advertisedHost;
  const reachable = async (details: WorkspaceDetails): Promise<WorkspaceDetails> => {
    const port = details.podIp === "" ? undefined : await relay.portOf(details.name);
    return port === undefined
      ? { ...details, podIp: "" }
      : {
          ...details,
          podIp: advertisedHost,
          port,
          tlsEnabled: tls,
          serverName: tls ? serverName : details.serverName,
        };
  };
  const options = ({ signal, deadline }: CallContext) => ({
    signal,
    timeoutMs: deadline === undefined ? undefined : Math.max(1, deadline - Date.now()),
  });
  const own = register(ProvisionerService, {
    findWorkspace: async (request, context) =>
      reachable(await inner.findWorkspace(request, options(context))),
    async getWorkspaces(request, context) {
      const { workspaces } = await inner.getWorkspaces(request, options(context));
      return { workspaces: await Promise.all(workspaces.map(reachable)) };
    },
    async getWorkspacesByUserStr(request, context) {
      const { workspaces } = await inner.getWorkspacesByUserStr(request, options(context));
      return { workspaces: await Promise.all(workspaces.map(reachable)) };
    },
    async queryWorkspaces(request, context) {
      const { workspaces } = await inner.queryWorkspaces(request, options(context));
      return { workspaces: await Promise.all(workspaces.map(reachable)) };
    },
  });
  return registrations.map((registration) =>
    registration.service === ProvisionerService
      ? {
          service: ProvisionerService,
          implementation: { ...registration.implementation, ...own.implementation },
        }
      : registration,
  );
};
