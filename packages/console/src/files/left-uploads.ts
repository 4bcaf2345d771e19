import { K8shellError } from "@k8shell/sdk";
import type { UploadLocks } from "./upload-locks.ts";
import type { UploadRecord, UploadRecords } from "./upload-records.ts";

export interface LeftUploadsDeps {
  readonly records: UploadRecords;
  readonly locks: UploadLocks;
  /**
   * Asks the server how many bytes of an upload have arrived.
   * @throws K8shellError
   */
  arrived(record: UploadRecord, signal: AbortSignal): Promise<number>;
}

export interface LeftUploads {
  /** An upload that an earlier page began: `sent` bytes of it have arrived. */
  found(record: UploadRecord, sent: number): void;
  /** Another tab has finished or given up one that was found. */
  gone(key: string): void;
}

const isGone = (error: unknown) =>
  error instanceof K8shellError && (error.status === 404 || error.status === 410);

/**
 * Finds uploads that earlier pages began and left, those of other tabs as soon as these go away.
 * @param username whose
 * @returns what ends it
 */
export const watchLeftUploads = (
  { records, locks, arrived }: LeftUploadsDeps,
  username: string,
  { found, gone }: LeftUploads,
): (() => void) => {
  const stop = new AbortController();
  const look = async ({ key }: UploadRecord) => {
    if (!(await locks.wait(key, stop.signal))) return;
    // It may have been finished while another tab had it.
    const record = records.get(key);
    if (record) {
      try {
        found(record, await arrived(record, stop.signal));
        return;
      } catch (error) {
        if (isGone(error)) records.remove(key);
      }
    }
    locks.drop(key);
  };
  for (const record of records.all()) {
    // Ended by whoever waits no more.
    if (record.username === username) look(record).catch(() => {});
  }
  const endHeeding = records.onRemoved(gone);
  return () => {
    endHeeding();
    stop.abort();
  };
};
