import type { Log } from "@k8shell/contract";
import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { KvBucket } from "@k8shell/kv";
import type { Client } from "@k8shell/rpc";
import type { BlueprintCatalog } from "./blueprints/catalog.ts";
import type { Sandbox } from "./sandbox/types.ts";
import type { WorkspaceStore } from "./workspaces/store.ts";

/** What the parts of the provisioner share. */
export interface ProvisionerDeps {
  readonly identity: Client<typeof IdentityService>;
  /** Absent: no policy is asked. */
  readonly authz: Client<typeof AuthzService> | undefined;
  readonly jobs: KvBucket;
  readonly catalog: BlueprintCatalog;
  readonly store: WorkspaceStore;
  readonly sandbox: Sandbox;
  readonly log: Log;
  /** Base URL of the API as workspaces reach it. */
  readonly apiUrl: () => string;
  /** Blueprint of a user string that names none, and base of repositories that name none. */
  readonly defaultBlueprint: string;
  /** Git server of users whose identity provider has none, e.g. `https://github.com`. */
  readonly gitBaseUrl: string;
  /** Directory of a workspace on this machine. */
  readonly directoryOf: (workspace: { name: string; location: "data" | "shared" }) => string;
  /** Where new workspaces are put. */
  readonly newLocation: "data" | "shared";
  /** A machine user for a new workspace; undefined when the server cannot change users. */
  readonly nextHostUid: () => Promise<number | undefined>;
  /** Inside ids are the machine's: the kernel refused to map them. */
  readonly machineIds: boolean;
}
