import type { Logger } from "pino";
import type { WorkspaceClient } from "../../backends/backends.ts";
import { discardTemporary } from "../replacement.ts";
import { openSftp } from "../sftp-over-exec.ts";
import type { UploadRecord, UploadStore } from "./upload-record.ts";

export interface UploadJanitorDeps {
  readonly store: UploadStore;
  /** The daemon of a workspace: `gone` when there is no such workspace, `stopped` when it does not run now. */
  readonly connect: (workspace: string) => Promise<WorkspaceClient | "gone" | "stopped">;
  readonly log: Logger;
  /** Milliseconds between rounds (default 600 000). */
  readonly everyMs?: number | undefined;
}

export interface UploadJanitor {
  /** One round, as the timer does it. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Removes uploads that have expired, with what has arrived of them. Of a workspace that is stopped they stay until it
 * runs again. Every replica may do this: doing it twice does no harm.
 */
export const startUploadJanitor = ({
  store,
  connect,
  log,
  everyMs = 600_000,
}: UploadJanitorDeps): UploadJanitor => {
  const removePart = async (record: UploadRecord): Promise<boolean> => {
    const daemon = await connect(record.workspace);
    if (daemon === "stopped") return false;
    if (daemon === "gone") return true;
    const session = openSftp(daemon, log);
    await discardTemporary(session.client, record.temporary);
    const reached = !session.client.ended.aborted;
    await session.close();
    return reached;
  };

  const work = async (): Promise<void> => {
    for await (const { record } of store.all()) {
      if (record.expiresAt > Date.now()) continue;
      try {
        if (record.etag !== null || (await removePart(record))) await store.delete(record);
      } catch (err) {
        log.debug({ err, workspace: record.workspace }, "an expired upload could not be removed yet");
      }
    }
  };

  let running: Promise<void> | undefined;
  const sweep = (): Promise<void> => {
    running ??= work()
      .catch((err: unknown) => log.warn({ err }, "expired uploads could not be looked for"))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(sweep, everyMs).unref();
  return {
    sweep,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
};
