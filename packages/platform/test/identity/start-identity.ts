import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type KvBucket, sqliteKv } from "@k8shell/kv";
import { type Client, inProcessChannel } from "@k8shell/rpc";
import { expect, onTestFinished } from "vitest";
import { createIdentity, type EmbeddedIdentity, type IdentityOptions } from "../../src/identity/index.ts";
import { testPostgres } from "../postgres/test-database.ts";

export interface TestIdentity {
  readonly client: Client<typeof IdentityService>;
  readonly identity: EmbeddedIdentity;
  readonly lockouts: KvBucket;
  readonly dataDir: string;
  /** The service's clock; tests move it. */
  readonly clock: { now: number };
}

/** Starts a service in a directory of its own (or in `dataDir`), stopped and removed when the test ends. */
export const startIdentity = async (options: Partial<IdentityOptions> = {}): Promise<TestIdentity> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "k8shell-identity-")));
  const clock = { now: Date.now() };
  const kv = sqliteKv({ file: ":memory:" });
  const lockouts = await kv.bucket("password-lockouts");
  const identity = await createIdentity({
    dataDir,
    postgres: await testPostgres(dataDir),
    publicUrl: () => "http://k8shell.test:9101",
    lockouts,
    log: silentLog,
    now: () => clock.now,
    ...options,
  });
  const channel = inProcessChannel(identity.registrations);
  onTestFinished(async () => {
    await channel.close();
    await identity.close();
    await kv.close();
    if (!options.dataDir) await rm(dataDir, { recursive: true });
  });
  return { client: channel.client(IdentityService), identity, lockouts, dataDir, clock };
};

/** Expects a call to fail with a status, e.g. `NotFound`. */
export const expectStatus = (work: Promise<unknown>, status: string): Promise<void> =>
  expect(work).rejects.toMatchObject({ status });
