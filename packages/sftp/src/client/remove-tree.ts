import { isDirectory } from "../attributes.ts";
import type { SftpPath } from "../packets.ts";
import { SftpStatus } from "../protocol.ts";
import type { SftpClient } from "./sftp-client.ts";
import { SftpError } from "./sftp-error.ts";

/** Removals in flight. */
const window = 32;

/** A path below a directory; names stay the bytes they are. */
export const joinPath = (directory: SftpPath, name: Uint8Array): Buffer => {
  const base = Buffer.from(directory);
  return Buffer.concat(base.at(-1) === 0x2f ? [base, name] : [base, Buffer.from("/"), name]);
};

const unlessGone = (error: unknown): void => {
  if (!(error instanceof SftpError && error.code === SftpStatus.NoSuchFile)) throw error;
};

const emptyDirectory = async (client: SftpClient, path: Buffer, signal?: AbortSignal): Promise<void> => {
  const directories: Buffer[] = [];
  let removals: Promise<void>[] = [];
  for await (const { nameBytes, attributes } of client.readdir(path, { signal })) {
    const entry = joinPath(path, nameBytes);
    const known = attributes.mode === undefined ? await client.lstat(entry, { signal }) : attributes;
    if (isDirectory(known)) {
      directories.push(entry);
      continue;
    }
    const removal = client.remove(entry, { signal }).catch(unlessGone);
    removal.catch(() => {});
    removals.push(removal);
    if (removals.length >= window) {
      await Promise.all(removals);
      removals = [];
    }
  }
  await Promise.all(removals);
  for (const directory of directories) await removeDirectory(client, directory, signal);
};

const removeDirectory = async (client: SftpClient, path: Buffer, signal?: AbortSignal): Promise<void> => {
  // A file system may leave out entries of a directory that is changed while it is read: look again.
  for (let attempts = 3; ; attempts -= 1) {
    await emptyDirectory(client, path, signal);
    try {
      return await client.rmdir(path, { signal });
    } catch (error) {
      if (error instanceof SftpError && error.code === SftpStatus.NoSuchFile) return;
      if (attempts <= 1 || !(error instanceof SftpError) || error.code !== SftpStatus.Failure) throw error;
    }
  }
};

/**
 * Removes a file, or a directory with everything in it. Links are removed, not followed.
 * @throws SftpError NoSuchFile when there is nothing at `path`; otherwise what kept the first entry from removal
 */
export const removeTree = async (
  client: SftpClient,
  path: SftpPath,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> => {
  const bytes = Buffer.from(path);
  if (isDirectory(await client.lstat(bytes, { signal }))) await removeDirectory(client, bytes, signal);
  else await client.remove(bytes, { signal });
};
