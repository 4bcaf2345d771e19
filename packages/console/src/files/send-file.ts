import { K8shellError } from "@k8shell/sdk";
import { k8shell, session } from "../app/server.ts";
import { hold } from "../session/reauthentication.ts";
import { parentOf } from "./paths.ts";
import type { UploadLocks } from "./upload-locks.ts";
import type { Sender } from "./upload-queue.ts";
import type { UploadRecords } from "./upload-records.ts";

/**
 * Sends files in parts that go on where they were: after a lost connection, a pause, and, when the same file is chosen
 * again, after the page was closed. Directories on the way to a file are made.
 */
export const createSender = (records: UploadRecords, locks: UploadLocks): Sender => {
  /** Directories that need not be made again, each after its workspace. */
  const made = new Set<string>();
  /** What each upload that has begun is called, by its id. */
  const begun = new Map<number, string>();
  const end = (id: number, key: string) => {
    begun.delete(id);
    records.remove(key);
    locks.drop(key);
  };
  return {
    async send({ id, workspace, path, name, size, modified, file, replace }, onProgress, signal) {
      const directory = parentOf(path);
      const place = `${workspace} ${directory}`;
      if (!made.has(place)) {
        await k8shell.api.makeDirectory({ name: workspace, path: directory, parents: true }, { signal });
        made.add(place);
      }
      const upload = hold(k8shell.files(workspace).uploadResumable, session);
      await upload(path, file, {
        signal,
        onProgress: ({ done }) => onProgress(done),
        ...(replace ? {} : { ifNoneMatch: "*" }),
        store: {
          get(key) {
            const record = records.get(key);
            if (record) begun.set(id, key);
            return record?.address;
          },
          set(key, address) {
            const who = session.state();
            const username = who.kind === "unknown" ? "" : who.username;
            begun.set(id, key);
            locks.take(key);
            records.put({ key, address, username, workspace, path, name, size, modified, replace });
          },
          delete: (key) => end(id, key),
        },
      }).catch((error: unknown) => {
        // It may be gone meanwhile: the next attempt makes it again.
        made.delete(place);
        throw error;
      });
    },
    isExisting: (error) => error instanceof K8shellError && error.status === 412,
    giveUp({ id, key = begun.get(id) }) {
      const known = key === undefined ? undefined : records.get(key);
      if (!known) return;
      end(id, known.key);
      // What has arrived goes now, or else by itself after a day.
      k8shell.transport
        .send({
          method: "DELETE",
          path: known.address,
          headers: { "tus-resumable": "1.0.0" },
        })
        .catch(() => {});
    },
  };
};
