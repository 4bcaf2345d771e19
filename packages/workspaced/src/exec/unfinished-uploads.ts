import { lstat, mkdir, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Log } from "@k8shell/contract";
import { type TemporaryFiles, temporaryId, temporaryName } from "@k8shell/sftp";

/** Longest path (PATH_MAX of Linux), bytes. */
const maxPath = 4096;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/**
 * The path that a note tells of; undefined when it is no note of ours. The directory is the user's, so anything may be there.
 */
const readNote = async (note: string, id: string): Promise<Buffer | undefined> => {
  const stats = await lstat(note);
  if (!stats.isFile() || stats.size > maxPath) return undefined;
  const path = await readFile(note);
  return basename(path.toString("latin1")) === temporaryName(id) && !path.includes(0) ? path : undefined;
};

/** Removes a file, if it is a regular one of this user's that nobody has written to since. */
const removeOld = async (path: Buffer, before: number): Promise<boolean> => {
  const stats = await lstat(path);
  if (!stats.isFile() || stats.uid !== process.getuid?.() || stats.mtimeMs >= before) return false;
  await unlink(path);
  return true;
};

/**
 * Notes of the files that are being sent into the workspace, one file each in a directory of the daemon. A daemon that is
 * killed in the middle cannot remove what has arrived; the next one does.
 * @param directory made when there is none
 */
export const createUnfinishedUploads = async (directory: string, log: Log): Promise<TemporaryFiles> => {
  const before = Date.now();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (temporaryId(temporaryName(name)) === undefined) continue;
    const note = join(directory, name);
    try {
      const path = await readNote(note, name);
      if (path && (await removeOld(path, before)))
        log.info({ upload: name }, "an upload of an earlier daemon was removed");
      await unlink(note);
    } catch (error) {
      // Whatever it was about is gone; else the next daemon tries again.
      if (isMissing(error)) await rm(note, { force: true });
      else log.warn({ err: error, upload: name }, "an upload of an earlier daemon could not be removed");
    }
  }
  return {
    made: (id, path) => writeFile(join(directory, id), path, { mode: 0o600 }),
    gone: (id) => rm(join(directory, id), { force: true }),
  };
};
