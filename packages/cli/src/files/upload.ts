import type { Dirent, Stats } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { CliError, exitCodes } from "../errors.ts";
import { each } from "./each.ts";
import type { TransferProgress } from "./progress.ts";
import { type Remote, statRemote } from "./remote.ts";
import { createUploadStore } from "./upload-store.ts";
import { joinPath } from "./workspace-path.ts";

/** Files up to this size go in one request: it costs less to send them again than to ask how far they are. */
const smallBytes = 4 << 20;
const atOnce = 4;

interface Job {
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly executable: boolean;
}

/** What is needed of a local file's attributes. */
const jobOf = (from: string, to: string, { size, mode }: Stats): Job => ({
  from,
  to,
  size,
  executable: (mode & 0o100) !== 0,
});

/** Why what has been listed cannot be sent. */
const whyNone = (entry: Dirent): string => {
  if (entry.name.includes("\ufffd")) return "its name is not UTF-8";
  return entry.isSymbolicLink() ? "a link that leads nowhere" : "no file";
};

/** The files of a directory; directories are made on the way. Links are followed to files, not to directories. */
async function* filesOf(
  remote: Remote,
  from: string,
  to: string,
  progress: TransferProgress,
): AsyncGenerator<Job> {
  await remote.client.api.makeDirectory({ name: remote.name, path: to, parents: true });
  for await (const entry of await opendir(from)) {
    const [path, target] = [join(from, entry.name), joinPath(to, entry.name)];
    if (entry.isDirectory()) {
      yield* filesOf(remote, path, target, progress);
      continue;
    }
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile()) yield jobOf(path, target, info);
    else progress.skipped(path, info?.isDirectory() ? "a link to a directory" : whyNone(entry));
  }
}

const uploadFile = async (
  remote: Remote,
  { from, to, size, executable }: Job,
  stateDir: string,
  progress: TransferProgress,
): Promise<void> => {
  const { client, name, signal } = remote;
  const files = client.files(name);
  progress.add(size);
  let done = 0;
  if (size <= smallBytes) {
    const { readFile } = await import("node:fs/promises");
    await files.upload(to, new Uint8Array(await readFile(from)), { signal, executable });
  } else {
    await files.uploadResumable(
      to,
      { path: from },
      {
        signal,
        executable,
        store: createUploadStore(join(stateDir, "uploads"), client.server),
        onProgress(now) {
          progress.moved(now.done - done);
          done = now.done;
        },
      },
    );
  }
  progress.moved(size - done);
  progress.file(to, size);
};

/**
 * Copies a file or directory of this machine into a workspace. A directory that is there gets it inside.
 * @throws CliError when there is nothing to copy
 */
export const upload = async (
  remote: Remote,
  from: string,
  to: string,
  stateDir: string,
  progress: TransferProgress,
): Promise<void> => {
  const source = await stat(from).catch(() => undefined);
  if (!source || !(source.isFile() || source.isDirectory())) {
    throw new CliError(source ? `${from} is no file.` : `There is no ${from} on this machine.`, {
      hint: "Paths of a workspace are written WORKSPACE:PATH",
      exitCode: exitCodes.notFound,
    });
  }
  const existing = await statRemote(remote, to);
  const into = existing?.isDir === true || to.endsWith("/");
  const target = into ? joinPath(to, basename(resolve(from))) : to;
  if (source.isFile()) {
    return uploadFile(remote, jobOf(from, target, source), stateDir, progress);
  }
  await each(filesOf(remote, from, target, progress), atOnce, (job) =>
    uploadFile(remote, job, stateDir, progress),
  );
};

/** Copies standard input into a file of a workspace. */
export const uploadStream = async (
  { client, name, signal }: Remote,
  input: AsyncIterable<Uint8Array>,
  to: string,
  progress: TransferProgress,
): Promise<void> => {
  let done = 0;
  await client.files(name).uploadResumable(to, input, {
    signal,
    onProgress(now) {
      progress.add(now.done - done);
      progress.moved(now.done - done);
      done = now.done;
    },
  });
  progress.file(to, done);
};
