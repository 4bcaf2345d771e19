import { createListeners } from "../app/listeners.ts";
import type { ChosenFile } from "./dropped-files.ts";
import { joinPath } from "./paths.ts";

/**
 * - `waiting`: others go first
 * - `sending`
 * - `paused`: by the user; what has arrived is kept
 * - `exists`: there is a file already, and nobody has said to replace it
 * - `failed`: it can go on from where it was
 * - `left`: an earlier page began it; it goes on when the person gives the same file again
 * - `done`
 */
export type UploadState = "waiting" | "sending" | "paused" | "exists" | "failed" | "left" | "done";

export interface Upload {
  readonly id: number;
  readonly workspace: string;
  /** Where the file goes. */
  readonly path: string;
  /** Of the file on the person's machine. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When the file was changed last, milliseconds since 1970. */
  readonly modified: number;
  /** The file, which a page that is loaded again does not have. */
  readonly file?: File;
  /** What earlier pages called it, if one began it. */
  readonly key?: string;
  readonly replace: boolean;
  /** Bytes that have arrived. */
  readonly sent: number;
  readonly state: UploadState;
  readonly problem?: unknown;
}

export type UploadWithFile = Upload & { readonly file: File };

/** The transfer of one file. */
export interface Sender {
  /**
   * Sends a file from where it stands to its end.
   * @throws the signal's reason when it aborts, and why it could not be sent
   */
  send(upload: UploadWithFile, onProgress: (sent: number) => void, signal: AbortSignal): Promise<void>;
  /** Is it refused because there is a file already? */
  isExisting(error: unknown): boolean;
  /** Forgets what has arrived of it. */
  giveUp(upload: Upload): void;
}

export interface UploadQueue {
  list(): readonly Upload[];
  subscribe(listener: () => void): () => void;
  /** One that an earlier page left goes on when the same file is added again. */
  add(workspace: string, directory: string, files: readonly ChosenFile[]): void;
  /** Puts one on the list that an earlier page left. */
  addLeft(left: Omit<Upload, "id" | "state" | "file">): void;
  /** Goes on with one that was left. @returns false when it is another file */
  choose(id: number, file: File): boolean;
  /** Takes one off the list that another tab finished or gave up. */
  removeLeft(key: string): void;
  /** Stops all and forgets them, for somebody else comes; what has arrived is kept. */
  leave(): void;
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

/** Is it the file of an upload, as far as that can be seen without reading it? */
const isFileOf = ({ name, size, modified }: Upload, file: File): boolean =>
  name === file.name && size === file.size && modified === file.lastModified;

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

  const run = async (upload: UploadWithFile) => {
    const { id } = upload;
    const stop = new AbortController();
    running.set(id, stop);
    change(id, { state: "sending", problem: undefined });
    try {
      await sender.send(upload, (sent) => change(id, { sent }), stop.signal);
      change(id, { state: "done", sent: upload.size });
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
      const { id, state, file } = upload;
      if (file && state === "waiting" && !running.has(id)) void run({ ...upload, file });
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
      const before = uploads;
      const added = files.flatMap(({ file, path: below }): Upload | [] => {
        const path = joinPath(directory, below);
        const left = before.find(
          (upload) =>
            upload.state === "left" &&
            upload.workspace === workspace &&
            upload.path === path &&
            isFileOf(upload, file),
        );
        if (left) {
          change(left.id, { file, state: "waiting" });
          return [];
        }
        last += 1;
        const { name, size, lastModified: modified } = file;
        const is = { id: last, workspace, path, name, size, modified, file };
        return { ...is, replace: false, sent: 0, state: "waiting" };
      });
      set([...uploads, ...added]);
      pump();
    },
    addLeft(left) {
      last += 1;
      set([...uploads, { ...left, id: last, state: "left" }]);
    },
    choose(id, file) {
      const upload = find(id);
      if (!upload || !isFileOf(upload, file)) return false;
      change(id, { file, state: "waiting" });
      pump();
      return true;
    },
    removeLeft: (key) => set(uploads.filter((upload) => upload.state !== "left" || upload.key !== key)),
    leave() {
      for (const stop of running.values()) stop.abort();
      set([]);
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
