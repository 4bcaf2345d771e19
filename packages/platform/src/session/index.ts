import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { RecordingService, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client, ServiceRegistration } from "@k8shell/rpc";
import type { PostgresSettings } from "../storage/postgres.ts";
import { type SessionRetention, startJanitor } from "./janitor.ts";
import { createRecordingFiles, type RecordingFiles } from "./recordings/recording-files.ts";
import { recordingService } from "./recordings/recording-service.ts";
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
  /** Days that recordings are kept, in `<dataDir>/recordings` (default 90). */
  readonly recordingDays?: number;
  /** Clock, epoch milliseconds. */
  readonly now?: () => number;
}

export type { RecordingFiles, RecordingInfo } from "./recordings/recording-files.ts";

export interface EmbeddedSession {
  /** SessionService and RecordingService. */
  readonly registrations: readonly ServiceRegistration[];
  /** Recordings, for reading: no rpc gives them back (grpc-behaviour section 7). */
  readonly recordings: RecordingFiles;
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
  const recordings = createRecordingFiles(join(dataDir, "recordings"));
  const { recordingDays = 90 } = options;
  const pruneRecordings = () => recordings.prune(now() - recordingDays * 86_400_000);
  const janitor = startJanitor({ store, retention, pruneRecordings, log, now });
  await janitor.sweep();
  const implementation = sessionService({ store, identity, now });
  return {
    registrations: [
      { service: SessionService, implementation },
      { service: RecordingService, implementation: recordingService({ files: recordings }) },
    ],
    recordings,
    sweep: janitor.sweep,
    async close() {
      await janitor.close();
      await store.close();
    },
  };
};
