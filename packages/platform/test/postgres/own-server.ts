import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { sqliteKv } from "@k8shell/kv";
import { type Client, inProcessChannel } from "@k8shell/rpc";
import { inject, onTestFinished } from "vitest";
import { createIdentity, type IdentityOptions } from "../../src/identity/index.ts";
import type { PostgresSettings } from "../../src/storage/postgres.ts";

/** Schemas of this test's own on the run's server. */
export const freshPostgres = (): PostgresSettings => ({
  url: inject("postgresUrl"),
  poolSize: 4,
  schemaPrefix: `test_${randomBytes(8).toString("hex")}`,
});

/** A directory that goes away with the test. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-postgres-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** An Identity as another process would run it: its own caches and directory, the same database, keys and lockouts. */
export const startReplica = async (
  options: Pick<IdentityOptions, "postgres" | "keysDir"> & Partial<IdentityOptions>,
): Promise<{
  client: Client<typeof IdentityService>;
  identity: Awaited<ReturnType<typeof createIdentity>>;
  dataDir: string;
}> => {
  const dataDir = await temporaryDirectory();
  const kv = sqliteKv({ file: ":memory:" });
  onTestFinished(() => kv.close());
  const identity = await createIdentity({
    dataDir,
    publicUrl: () => "http://k8shell.test:9101",
    lockouts: await kv.bucket("password-lockouts"),
    log: silentLog,
    ...options,
  });
  const channel = inProcessChannel(identity.registrations);
  onTestFinished(async () => {
    await channel.close();
    await identity.close();
  });
  return { client: channel.client(IdentityService), identity, dataDir };
};
