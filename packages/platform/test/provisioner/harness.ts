import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import type { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { type Client, inProcessChannel } from "@k8shell/rpc";
import { createIdentity } from "../../src/identity/index.ts";
import type { ProvisionerOptions } from "../../src/provisioner/index.ts";
import { parseJobRecord } from "../../src/provisioner/jobs/record.ts";
import { assemblePlatform, type Identity, type Platform } from "./platform.ts";

export * from "./platform.ts";

/** A provisioner over the real embedded Identity, on a directory of its own. */
export const openPlatform = async ({
  authzClient,
  ...options
}: Partial<ProvisionerOptions> & {
  authzClient?: (identity: Identity) => Client<typeof AuthzService>;
} = {}): Promise<Platform> => {
  const dataDir = await mkdtemp(join(tmpdir(), "k8shell-provisioner-"));
  const kv = sqliteKv({ file: ":memory:" });
  const embedded = await createIdentity({
    dataDir,
    publicUrl: () => "http://127.0.0.1:9101",
    lockouts: await kv.bucket("password-lockouts"),
    log: options.log ?? silentLog,
  });
  await embedded.bootstrapAdmin({ tokenFile: join(dataDir, "admin.token") });
  const identity = inProcessChannel(embedded.registrations).client(IdentityService);
  return assemblePlatform({
    dataDir,
    identity,
    jobs: await kv.bucket("workspace-provision-jobs"),
    options: { authz: authzClient?.(identity), ...options },
    async close() {
      await embedded.close();
      await kv.close();
    },
  });
};

/** The stored record of a job. */
export const readJob = async ({ jobs }: Platform, id: string) => {
  const record = parseJobRecord((await jobs.get(id))?.value ?? "");
  if (!record) throw new Error(`no job ${id}`);
  return { ...record, events: record.events ?? [] };
};

/** Adds a user who may use the given blueprints. */
export const addUser = async (
  { identity }: Platform,
  username: string,
  blueprints: readonly string[],
  more: { shell?: string } = {},
): Promise<void> => {
  const role = `role-of-${username}`;
  await identity.createRole({ name: role, org: "default" });
  if (blueprints.length > 0)
    await identity.addRoleBlueprints({ name: role, org: "default", blueprints: [...blueprints] });
  await identity.createUser({ username, organization: "default", roles: [role], ...more });
};
