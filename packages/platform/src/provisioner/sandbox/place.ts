import { createHash } from "node:crypto";
import { chmod, chown, lchown, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the files of one workspace are on this machine. */
export interface WorkspacePlace {
  /** Holds all the others but, at times, `run`. */
  readonly directory: string;
  readonly home: string;
  /** Parent of the storages. */
  readonly storages: string;
  readonly tmp: string;
  readonly state: string;
  /** Where the daemon makes its socket: the workspace may write here. */
  readonly run: string;
  /** Files made by the server, which the workspace may read and not change. */
  readonly config: string;
  readonly log: string;
  readonly socket: string;
}

/** The kernel takes 107 bytes; a margin is kept for what appends to the path. */
const maxSocketPath = 100;

const shortRun = (directory: string): string => {
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 16);
  return join(tmpdir(), `k8shell-${process.getuid?.() ?? 0}`, hash);
};

/** The paths of a workspace whose directory is `directory`. */
export const workspacePlace = (directory: string): WorkspacePlace => {
  const near = join(directory, "run");
  const run = Buffer.byteLength(join(near, "daemon.sock")) <= maxSocketPath ? near : shortRun(directory);
  return {
    directory,
    home: join(directory, "home"),
    storages: join(directory, "storages"),
    tmp: join(directory, "tmp"),
    state: join(directory, "state"),
    run,
    config: join(directory, "config"),
    log: join(directory, "daemon.log"),
    socket: join(run, "daemon.sock"),
  };
};

const makeOwned = async (path: string, mode: number, uid: number | undefined): Promise<void> => {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
  if (uid !== undefined) await chown(path, uid, uid);
};

/** The shared parent of short run directories must be ours: anyone may make names in the temporary directory. */
const makeShortParent = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o711 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? 0)) {
    throw new Error(`${path} belongs to someone else`);
  }
  await chmod(path, 0o711);
};

/**
 * Makes the directories of a workspace and empties the temporary ones. No process of the workspace may run.
 * @param uid owner of what the workspace may write; absent: the server's user
 * @param storages names of its storages
 * @returns whether the home directory is new
 */
export const preparePlace = async (
  place: WorkspacePlace,
  uid: number | undefined,
  storages: readonly string[],
): Promise<{ newHome: boolean }> => {
  await mkdir(place.directory, { recursive: true });
  await chmod(place.directory, 0o711);
  if (!place.run.startsWith(place.directory)) await makeShortParent(join(place.run, ".."));
  await rm(place.tmp, { recursive: true, force: true });
  await rm(place.run, { recursive: true, force: true });
  const newHome = (await mkdir(place.home, { recursive: true })) !== undefined;
  if (newHome) await makeOwned(place.home, 0o700, uid);
  await makeOwned(place.tmp, 0o1777, uid);
  await makeOwned(place.run, 0o700, uid);
  await makeOwned(place.state, 0o700, uid);
  await mkdir(place.config, { recursive: true });
  await chmod(place.config, 0o711);
  await mkdir(place.storages, { recursive: true });
  await chmod(place.storages, 0o711);
  for (const name of storages) {
    const path = join(place.storages, name);
    if ((await mkdir(path, { recursive: true })) !== undefined) await makeOwned(path, 0o700, uid);
  }
  return { newHome };
};

const chownTree = async (path: string, uid: number): Promise<void> => {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  await lchown(path, uid, uid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await chownTree(join(path, name), uid);
};

/** Gives what a workspace may write to another user of this machine. No process of it may run. */
export const giveAway = async (place: WorkspacePlace, uid: number): Promise<void> => {
  for (const path of [place.home, place.state]) await chownTree(path, uid);
  for (const name of await readdir(place.storages).catch(() => []))
    await chownTree(join(place.storages, name), uid);
};

/** Removes everything of a workspace. No process of it may run. */
export const removePlace = async (place: WorkspacePlace): Promise<void> => {
  await rm(place.run, { recursive: true, force: true });
  await rm(place.directory, { recursive: true, force: true });
};
