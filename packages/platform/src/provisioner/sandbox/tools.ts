import { createHash } from "node:crypto";
import {
  access,
  chmod,
  constants,
  copyFile,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Tools } from "./bubblewrap-args.ts";

const exists = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  );

/** Name of the directory within the bundle whose files belong in PATH. */
const binName = "bin";

const digestOf = async (directory: string): Promise<string> => {
  const hash = createHash("sha256");
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(directory.length)).update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
};

/** Lets every user read a tree: the umask it was built with may forbid that. */
const openToAll = async (directory: string): Promise<void> => {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o111 ? 0o755 : 0o644);
  }
};

const programsIn = async (directory: string): Promise<Array<{ name: string; path: string }>> =>
  (await readdir(directory).catch(() => [])).sort().map((name) => ({ name, path: join(directory, name) }));

/**
 * Keeps a copy of the daemon's bundle that an upgrade of the server does not touch, because running workspaces go on
 * using it.
 * @param directory where copies are kept, one directory per content
 * @param shareNode also make node reachable there, for workspaces that see the machine's own file system
 */
export const keepTools = async (options: {
  daemon: { node: string; entry: string };
  directory: string;
  shareNode: boolean;
}): Promise<Tools> => {
  const { daemon, directory, shareNode } = options;
  const source = dirname(daemon.entry);
  const dist = join(directory, await digestOf(source));
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  if (!(await exists(dist))) {
    const partial = `${dist}.${process.pid}.partial`;
    await rm(partial, { recursive: true, force: true });
    await cp(source, partial, { recursive: true, dereference: true });
    await openToAll(partial);
    await rename(partial, dist).catch(async (error: unknown) => {
      // Another server made the same copy meanwhile.
      await rm(partial, { recursive: true, force: true });
      if (!(await exists(dist))) throw error;
    });
  }
  let { node } = daemon;
  const closed = ((await stat(node)).mode & 0o005) !== 0o005;
  if (shareNode || closed) {
    node = join(directory, `node-${process.versions.node}`);
    if (!(await exists(node))) {
      const partial = `${node}.${process.pid}.partial`;
      await rm(partial, { force: true });
      const copy = () => copyFile(daemon.node, partial);
      await (closed ? copy() : link(daemon.node, partial).catch(copy));
      await chmod(partial, 0o755);
      await rename(partial, node);
    }
  }
  return { node, dist, entry: basename(daemon.entry), bin: await programsIn(join(dist, binName)) };
};
