import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { KvBucket } from "@k8shell/kv";
import type { Client, ServiceRegistration } from "@k8shell/rpc";
import { reportUnavailable } from "../unavailable-bucket.ts";
import { openBlueprintCatalog } from "./blueprints/catalog.ts";
import { type ComposeText, createComposer } from "./blueprints/compose-text.ts";
import type { ProvisionerDeps } from "./deps.ts";
import { openSandbox } from "./sandbox/open-sandbox.ts";
import { workspacePlace } from "./sandbox/place.ts";
import { directoryHash } from "./sandbox/shared-directory.ts";
import { createProvisionerService } from "./service.ts";
import { createWorkspaceEnder } from "./workspaces/ending.ts";
import { createWorkspaceManager } from "./workspaces/manager.ts";
import { recoverWorkspaces } from "./workspaces/recovery.ts";
import { openWorkspaceStore } from "./workspaces/store.ts";

export interface ProvisionerOptions {
  /** Directory shared with the other services; `provisioner.db`, `blueprints/`, `workspaces/` and `runtime/` are made in it. */
  dataDir: string;
  /** Bucket `workspace-provision-jobs`. */
  jobs: KvBucket;
  identity: Client<typeof IdentityService>;
  /** Absent: no policy is asked before provisioning. */
  authz?: Client<typeof AuthzService>;
  /** Base URL of the API as workspaces reach it; asked at each start of a workspace. */
  apiUrl: () => string;
  /** The node binary and the daemon's program, whose directory is its whole bundle. */
  daemon: { node: string; entry: string };
  log: Log;
  /** Git server of users whose identity provider has none (default `https://github.com`). */
  gitBaseUrl?: string;
  /** Blueprint of user strings that name none, and base of repositories that name none (default `dev`). */
  defaultBlueprint?: string;
  /** Run workspaces as plain processes even where bubblewrap works. */
  plain?: boolean;
}

export interface EmbeddedProvisioner {
  readonly registrations: readonly ServiceRegistration[];
  /** Where a running workspace's daemon listens and the token it wants; undefined when it does not run here. */
  addressOf(workspace: Pick<WorkspaceDetails, "name">): { address: string; tokenFile: string } | undefined;
  /** How workspaces are kept apart on this machine. */
  readonly isolation: { readonly mode: "bubblewrap" | "plain"; readonly detail: string };
  /** Composes the blueprint of a text for a user. */
  readonly composeText: ComposeText;
  /** Stops every workspace. Resolves when none of their processes is left. */
  stopAll(): Promise<void>;
  /** Ends the service; running workspaces stay and are found by the next one on the same directory. */
  close(): Promise<void>;
}

const uidsPerServer = 1000;

/** Opens the embedded Provisioner on a data directory and takes over the workspaces that run there. */
export const createProvisioner = async (options: ProvisionerOptions): Promise<EmbeddedProvisioner> => {
  const { dataDir, identity, log, daemon } = options;
  const jobs = reportUnavailable(options.jobs);
  await mkdir(join(dataDir, "workspaces"), { recursive: true });
  const [catalog, store, isolation] = await Promise.all([
    openBlueprintCatalog({ directory: join(dataDir, "blueprints"), log }),
    openWorkspaceStore({ file: join(dataDir, "provisioner.db"), log }),
    openSandbox({ dataDir, daemon, plain: options.plain ?? false }),
  ]);
  const { uids } = isolation;
  if (isolation.mode === "plain") log.warn({ isolation: isolation.detail }, "workspaces are NOT sandboxed");
  else log.info({ isolation: isolation.detail }, "workspaces are sandboxed");

  const deps: ProvisionerDeps = {
    identity,
    authz: options.authz,
    jobs,
    catalog,
    store,
    sandbox: isolation.sandbox,
    log,
    apiUrl: options.apiUrl,
    defaultBlueprint: options.defaultBlueprint ?? "dev",
    gitBaseUrl: options.gitBaseUrl ?? "https://github.com",
    directoryOf: ({ name, location }) => join(isolation.workspaces[location], name),
    newLocation: isolation.newLocation,
    async nextHostUid() {
      if (!uids) return undefined;
      // Servers on other directories begin elsewhere, so that their workspaces rarely share a user with ours.
      const start = Number.parseInt(directoryHash(dataDir).slice(0, 8), 16) * uidsPerServer;
      return uids.first + ((start + (await store.next("host-uid"))) % uids.count);
    },
    machineIds: isolation.machineIds,
  };
  const manager = createWorkspaceManager(deps);
  const ender = createWorkspaceEnder(deps, manager);
  await recoverWorkspaces(deps, manager, ender);

  return {
    registrations: [createProvisionerService(deps, manager, ender)],
    isolation: { mode: isolation.mode, detail: isolation.detail },
    composeText: createComposer({
      identity,
      find: catalog.find,
      defaultBlueprint: deps.defaultBlueprint,
    }),
    addressOf({ name }) {
      const record = store.get(name);
      if (record?.status !== "Running" && record?.status !== "Warning") return undefined;
      const place = workspacePlace(deps.directoryOf(record));
      return { address: `unix:${place.socket}`, tokenFile: join(place.config, "token") };
    },
    async stopAll() {
      await Promise.all(
        store
          .all()
          .filter(({ name, status }) => {
            const { running, work } = manager.lives.of(name);
            return running !== undefined || work !== undefined || status === "Running";
          })
          .map(({ name }) => ender.end("stop", name, 0)),
      );
    },
    async close() {
      catalog.close();
      await manager.close();
      await store.close();
    },
  };
};
