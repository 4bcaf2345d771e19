import { unlink } from "node:fs/promises";
import { temporaryId } from "../temporary-name.ts";
import { errorName } from "./status.ts";

/** Remembers, beyond the end of this process, which files are to be removed when nobody completes them. */
export interface TemporaryFiles {
  /** A session has made such a file. @param path absolute */
  made(id: string, path: Buffer): Promise<void>;
  /** It is in its place, or removed. */
  gone(id: string): Promise<void>;
}

/** The files of one session whose content is on its way: what is left of them goes with the session. */
export interface SessionTemporaries {
  made(path: Buffer): Promise<void>;
  gone(path: Buffer): Promise<void>;
  removeAll(): Promise<void>;
}

const slash = 0x2f;
const idOf = (path: Buffer): string | undefined =>
  temporaryId(path.toString("latin1", path.lastIndexOf(slash) + 1));

/** @param memory what fails there fails nobody's request */
export const createSessionTemporaries = (memory: TemporaryFiles): SessionTemporaries => {
  const left = new Map<string, Buffer>();
  const forget = async (id: string) => {
    if (left.delete(id)) await memory.gone(id).catch(() => {});
  };
  return {
    async made(path) {
      const id = idOf(path);
      if (id === undefined) return;
      left.set(id, path);
      await memory.made(id, path).catch(() => {});
    },
    async gone(path) {
      const id = idOf(path);
      if (id !== undefined && left.get(id)?.equals(path)) await forget(id);
    },
    async removeAll() {
      for (const [id, path] of [...left]) {
        const isGone = await unlink(path).then(
          () => true,
          (error: unknown) => errorName(error) === "ENOENT",
        );
        if (isGone) await forget(id);
      }
    },
  };
};
