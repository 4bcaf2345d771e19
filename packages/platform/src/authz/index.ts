import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import { AuthzService } from "@k8shell/contract/gen/authz/v1/authz_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Client, ServiceRegistration } from "@k8shell/rpc";
import type { PostgresSettings } from "../storage/postgres.ts";
import { createAuditLog } from "./audit/audit-log.ts";
import { auditQuery } from "./audit/audit-query.ts";
import { type AuditRetention, openAuditStore } from "./audit/audit-store.ts";
import { createClaimsReader } from "./claims.ts";
import { createDecider } from "./decider.ts";
import { createDirectory } from "./directory.ts";
import { createPolicyEngine } from "./engine.ts";
import { openPolicyFiles } from "./policies/policy-files.ts";
import { schemaText } from "./schema.ts";
import { authzService } from "./service.ts";

export interface AuthzOptions {
  /** Policies live in `<dataDir>/policies/*.cedar`, the audit log in `<dataDir>/authz.db` unless there is a PostgreSQL. */
  readonly dataDir: string;
  /** Database of the audit log, which several processes may share. */
  readonly postgres?: PostgresSettings;
  /** Where the organization and roles of a resource's owner are looked up. */
  readonly identity: Client<typeof IdentityService>;
  readonly log: Log;
  /** How much of the audit log is kept (default 90 days and 200 000 rows). */
  readonly auditRetention?: AuditRetention;
  /** Called when other policies are in force than before. */
  readonly onPoliciesChanged?: () => void;
  /** How long a decision, and what it is based on, is believed, milliseconds (default 5 000). */
  readonly decisionTtlMs?: number;
  /** Clock, epoch milliseconds. */
  readonly now?: () => number;
}

export interface EmbeddedAuthz {
  readonly registrations: readonly ServiceRegistration[];
  /** Reads the policy files now, rather than when their change is noticed. */
  reloadPolicies(): Promise<void>;
  /** Stores what is left of the audit log and stops. */
  close(): Promise<void>;
}

const pruneIntervalMs = 3_600_000;

/**
 * The embedded Authz service: Cedar policies in text files with hot reload, and an audit log of every decision.
 * @throws PolicyError when the policy files have a fault at start
 */
export const createAuthz = async (options: AuthzOptions): Promise<EmbeddedAuthz> => {
  const { dataDir, postgres, identity, log, decisionTtlMs = 5000, now = Date.now } = options;
  const { auditRetention = { days: 90, rows: 200_000 } } = options;
  await mkdir(dataDir, { recursive: true });

  const engine = createPolicyEngine();
  const directory = createDirectory({
    identity,
    ttlMs: decisionTtlMs,
    onFailure: (error, username) => log.warn({ error, username }, "identity could not be asked about a user"),
  });
  const decider = createDecider({ engine, directory, ttlMs: decisionTtlMs, log });
  const files = await openPolicyFiles({
    directory: join(dataDir, "policies"),
    schema: schemaText(),
    load(policies) {
      engine.load(policies);
      decider.forget();
      options.onPoliciesChanged?.();
    },
    log,
  });

  const store = await openAuditStore({ file: join(dataDir, "authz.db"), postgres, log }, auditRetention, now);
  const audit = createAuditLog({ write: store.write, log, now });
  const prune = () =>
    store.prune().catch((error: unknown) => log.warn({ error }, "the audit log could not be pruned"));
  await prune();
  const pruning = setInterval(prune, pruneIntervalMs).unref();

  const implementation = authzService({
    readClaims: createClaimsReader(now),
    decider,
    audit,
    store,
    descriptor: auditQuery(now).descriptor,
    log,
  });
  return {
    registrations: [{ service: AuthzService, implementation }],
    reloadPolicies: files.reload,
    async close() {
      clearInterval(pruning);
      await files.close();
      await audit.close();
      await store.close();
    },
  };
};
