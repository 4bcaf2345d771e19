import { createListeners } from "../app/listeners.ts";
import type { ChosenFile } from "./dropped-files.ts";
import { joinPath } from "./paths.ts";

/**
 * - `waiting`: others go first
 * - `sending`
 * - `paused`: by the user; what has arrived is kept
 * - `exists`: there is a file already, and nobody has said to replace it
 * - `failed`: it can go on from where it was
 * - `done`
 */
export type UploadState = "waiting" | "sending" | "paused" | "exists" | "failed" | "done";

export interface Upload {
  readonly id: number;
  readonly workspace: string;
  /** Where the file goes. */
  readonly path: string;
  readonly file: File;
  readonly replace: boolean;
  /** Bytes that have arrived. */
  readonly sent: number;
  readonly state: UploadState;
  readonly problem?: unknown;
}

/** The transfer of one file. */
export interface Sender {
  /**
   * Sends a file from where it stands to its end.
   * @throws the signal's reason when it aborts, and why it could not be sent
   */
  send(upload: Upload, onProgress: (sent: number) => void, signal: AbortSignal): Promise<void>;
  /** Is it refused because there is a file already? */
  isExisting(error: unknown): boolean;
  /** Forgets what has arrived of it. */
  giveUp(upload: Upload): void;
}

export interface UploadQueue {
  list(): readonly Upload[];
  subscribe(listener: () => void): () => void;
  add(workspace: string, directory: string, files: readonly ChosenFile[]): void;
  pause(id: number): void;
  /** Goes on with one that is paused or has failed. */
  resume(id: number): void;
  /** Sends it although there is a file already. */
  replace(id: number): void;
  /** Ends it, and takes it off the list. */
  cancel(id: number): void;
  /** Takes those that are done off the list. */
  clear(): void;
}

/** As many files are sent at a time. */
const atOnce = 3;

/** @param onStored is called with each workspace that has a new file */
export const createUploadQueue = (sender: Sender, onStored: (workspace: string) => void): UploadQueue => {
  const listeners = createListeners();
  const running = new Map<number, AbortController>();
  let uploads: readonly Upload[] = [];
  let last = 0;

  const set = (next: readonly Upload[]) => {
    uploads = next;
    listeners.tell();
  };
  const change = (id: number, part: Partial<Upload>) =>
    set(uploads.map((upload) => (upload.id === id ? { ...upload, ...part } : upload)));
  const find = (id: number) => uploads.find((upload) => upload.id === id);

  const run = async (upload: Upload) => {
    const { id } = upload;
    const stop = new AbortController();
    running.set(id, stop);
    change(id, { state: "sending", problem: undefined });
    try {
      await sender.send(upload, (sent) => change(id, { sent }), stop.signal);
      change(id, { state: "done", sent: upload.file.size });
      onStored(upload.workspace);
    } catch (error) {
      // Whoever ended it has said what it is now.
      if (!stop.signal.aborted) {
        change(
          id,
          sender.isExisting(error) ? { state: "exists", sent: 0 } : { state: "failed", problem: error },
        );
      }
    }
    running.delete(id);
    pump();
  };
  const pump = () => {
    for (const upload of uploads) {
      if (running.size >= atOnce) return;
      if (upload.state === "waiting" && !running.has(upload.id)) void run(upload);
    }
  };
  const leave = (id: number, state: UploadState) => {
    change(id, { state });
    running.get(id)?.abort();
  };

  return {
    list: () => uploads,
    subscribe: listeners.subscribe,
    add(workspace, directory, files) {
      const added = files.map(({ file, path }): Upload => {
        last += 1;
        return {
          id: last,
          workspace,
          path: joinPath(directory, path),
          file,
          replace: false,
          sent: 0,
          state: "waiting",
        };
      });
      set([...uploads, ...added]);
      pump();
    },
    pause: (id) => leave(id, "paused"),
    resume(id) {
      change(id, { state: "waiting" });
      pump();
    },
    replace(id) {
      change(id, { state: "waiting", replace: true });
      pump();
    },
    cancel(id) {
      const upload = find(id);
      running.get(id)?.abort();
      if (upload && upload.state !== "done") sender.giveUp(upload);
      set(uploads.filter((other) => other.id !== id));
    },
    clear: () => set(uploads.filter(({ state }) => state !== "done")),
  };
};
