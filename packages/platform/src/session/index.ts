import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client, ServiceRegistration } from "@k8shell/rpc";
import type { PostgresSettings } from "../storage/postgres.ts";
import { type SessionRetention, startJanitor } from "./janitor.ts";
import { sessionService } from "./service.ts";
import { openSessionStore } from "./store.ts";

export interface SessionOptions {
  /** Sessions live in `<dataDir>/session.db` unless there is a PostgreSQL. */
  readonly dataDir: string;
  /** Database that several processes may share. */
  readonly postgres?: PostgresSettings;
  /** Who has which role and belongs to which organization. */
  readonly identity: Client<typeof IdentityService>;
  readonly log: Log;
  /** How much is kept of ended sessions (default 90 days and 100 000 rows). */
  readonly retention?: SessionRetention;
  /** Clock, epoch milliseconds. */
  readonly now?: () => number;
}

export interface EmbeddedSession {
  /** RecordingService is not among them, so it answers Unimplemented: the contract's way of saying "no recording". */
  readonly registrations: readonly ServiceRegistration[];
  /** Ends stale sessions and deletes old ones now, rather than within a minute. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** The embedded Session service: who was connected to which workspace, when and how much. */
export const createSession = async (options: SessionOptions): Promise<EmbeddedSession> => {
  const { dataDir, postgres, identity, log, now = Date.now } = options;
  const { retention = { days: 90, rows: 100_000 } } = options;
  await mkdir(dataDir, { recursive: true });
  const store = await openSessionStore({ file: join(dataDir, "session.db"), postgres, log });
  const janitor = startJanitor({ store, retention, log, now });
  await janitor.sweep();
  const implementation = sessionService({ store, identity, now });
  return {
    registrations: [{ service: SessionService, implementation }],
    sweep: janitor.sweep,
    async close() {
      await janitor.close();
      await store.close();
    },
  };
};
