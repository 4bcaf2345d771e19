import { createHash } from "node:crypto";
import {
  chmod,
  type FileHandle,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { FileInfo } from "@k8shell/sdk";
import { CliError, exitCodes } from "../errors.ts";
import { each } from "./each.ts";
import type { TransferProgress } from "./progress.ts";
import { listRemote, type Remote, statRemote } from "./remote.ts";
import { baseName } from "./workspace-path.ts";

const atOnce = 4;

interface Job {
  readonly info: FileInfo;
  readonly to: string;
  /** Names of parts that were in its directory before: `partsIn`. */
  readonly parts: readonly string[];
}

const isThere = async ({ info, to }: Job): Promise<boolean> => {
  const local = await stat(to).catch(() => undefined);
  return (
    local?.isFile() === true &&
    local.size === info.size &&
    Math.abs(local.mtimeMs - Date.parse(info.modTime)) < 1000
  );
};

/** The longest name of a file, bytes (NAME_MAX of Linux and most others). */
const longestName = 255;
const endingLength = "0123456789ab.part".length;

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** What the names of parts of a file begin with. */
const partPrefix = (to: string): string => {
  const prefix = `.${basename(to)}.k8shell-`;
  return Buffer.byteLength(prefix) + endingLength <= longestName
    ? prefix
    : `.${digest(basename(to)).slice(0, 32)}.k8shell-`;
};

/** Where a file is until it is complete. Its name says which version of which file it has the beginning of. */
const partOf = ({ name }: Remote, { info, to }: Job): string => {
  const version = digest(`${name}:${info.path} ${info.etag ?? ""}`).slice(0, 12);
  return join(dirname(to), `${partPrefix(to)}${version}.part`);
};

/** What interrupted downloads have left in a directory. */
const partsIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => /^\..+\.k8shell-[0-9a-f]{12}\.part$/.test(name));

/** Removes what is left of other versions of a file. */
const removeParts = async ({ to, parts }: Job): Promise<void> => {
  const prefix = partPrefix(to);
  const own = (name: string) => name.startsWith(prefix) && name.length === prefix.length + endingLength;
  for (const name of parts.filter(own)) await rm(join(dirname(to), name), { force: true });
};

/** The system may take less than it is given, on a full disk too. */
const writeAll = async (file: FileHandle, data: Uint8Array): Promise<void> => {
  for (let at = 0; at < data.length; ) at += (await file.write(data, at)).bytesWritten;
};

/** The permissions that `mode` (`-rwxr-x---`) tells, less what this process takes from new files. */
const permissionsOf = ({ mode }: FileInfo): number => {
  const bits = [...mode.slice(1, 10)].map((letter) => (/[-ST]/.test(letter) ? "0" : "1")).join("");
  // A server need not know them.
  return (Number.parseInt(bits, 2) || 0o666) & ~process.umask();
};

/** Writes what is missing of a file that is being downloaded. */
const complete = async (
  { client, name, signal }: Remote,
  { info }: Job,
  file: FileHandle,
  progress: TransferProgress,
): Promise<void> => {
  const { size: have } = await file.stat();
  const start = info.etag !== undefined && have <= info.size ? have : 0;
  await file.truncate(start);
  progress.found(start);
  if (start === info.size) return;
  const { body } = await client.files(name).download(info.path, {
    signal,
    ...(start > 0 ? { range: { start }, ifMatch: info.etag } : {}),
  });
  for await (const data of body) {
    await writeAll(file, data);
    progress.moved(data.length);
  }
};

const downloadFile = async (remote: Remote, job: Job, progress: TransferProgress): Promise<void> => {
  const { info, to } = job;
  progress.add(info.size);
  const replaced = await stat(to).catch(() => undefined);
  const part = partOf(remote, job);
  // It may be for nobody else to read.
  const file = await open(part, "a+", 0o600);
  try {
    await complete(remote, job, file, progress);
  } finally {
    await file.close();
  }
  await chmod(part, replaced?.isFile() ? replaced.mode & 0o777 : permissionsOf(info));
  const time = new Date(info.modTime);
  await utimes(part, time, time);
  await rename(part, to);
  await removeParts(job);
  progress.file(to, info.size);
};

/**
 * A file of a directory, unless it is here. One that is named is always fetched: another file that was here before may
 * be of the same size and second.
 */
const downloadMissing = async (remote: Remote, job: Job, progress: TransferProgress): Promise<void> => {
  if (!(await isThere(job))) return downloadFile(remote, job, progress);
  progress.add(job.info.size);
  progress.found(job.info.size);
  progress.file(job.to, job.info.size);
};

/** A name that stays where it is put. @throws CliError for a server that says otherwise */
const safeName = (name: string): string => {
  if (
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    !name.includes("/") &&
    !name.includes(sep) &&
    !name.includes("\0")
  ) {
    return name;
  }
  throw new CliError(`The server names a file ${JSON.stringify(name)}, which would leave the target.`, {
    hint: "Do not copy from this server; tell its operator",
  });
};

async function* filesOf(
  remote: Remote,
  path: string,
  to: string,
  progress: TransferProgress,
): AsyncGenerator<Job> {
  await mkdir(to, { recursive: true });
  const parts = await partsIn(to);
  for (const info of await listRemote(remote, path)) {
    const target = join(to, safeName(info.name));
    if (info.type === "directory") yield* filesOf(remote, info.path, target, progress);
    else if (info.type === "file") yield { info, to: target, parts };
    else if (info.type === "symlink" && !info.isDir) {
      const real = await statRemote(remote, info.path);
      if (real && !real.isDir) yield { info: { ...real, path: info.path }, to: target, parts };
      else progress.skipped(info.path, "a link that leads nowhere");
    } else progress.skipped(info.path, info.isDir ? "a link to a directory" : "no file");
  }
}

const sourceOf = async (remote: Remote, path: string): Promise<FileInfo> => {
  const info = await statRemote(remote, path);
  if (info) return info;
  throw new CliError(`There is no ${path} in ${remote.name}.`, {
    hint: `See what there is: k8shell workspace ls ${remote.name}`,
    exitCode: exitCodes.notFound,
  });
};

/**
 * Copies a file or directory of a workspace to this machine. A directory that is there gets it inside. What an earlier
 * attempt has fetched of the same version of a file is not fetched again.
 * @throws CliError when there is nothing to copy
 */
export const download = async (
  remote: Remote,
  from: string,
  to: string,
  progress: TransferProgress,
): Promise<void> => {
  const info = await sourceOf(remote, from);
  const existing = await stat(to).catch(() => undefined);
  const into = existing?.isDirectory() === true || to.endsWith("/") || to.endsWith(sep);
  const target = into ? join(to, baseName(from) ?? safeName(info.name || remote.name)) : to;
  if (!info.isDir) {
    if (into) await mkdir(to, { recursive: true });
    // What a link leads to is replaced, not the link. (In a directory two names could then be one file.)
    const file = await realpath(target).catch(() => target);
    return downloadFile(remote, { info, to: file, parts: await partsIn(dirname(file)) }, progress);
  }
  if (existing && !existing.isDirectory()) {
    throw new CliError(`${to} is a file, and ${from} is a directory.`, {
      hint: "Name a directory to copy it to",
      exitCode: exitCodes.usage,
    });
  }
  await each(filesOf(remote, info.path, target, progress), atOnce, (job) =>
    downloadMissing(remote, job, progress),
  );
};

/** Copies a file of a workspace to standard output. */
export const downloadStream = async (
  remote: Remote,
  from: string,
  write: (data: Uint8Array) => Promise<boolean>,
  progress: TransferProgress,
): Promise<void> => {
  const info = await sourceOf(remote, from);
  if (info.isDir) {
    throw new CliError(`${from} is a directory.`, {
      hint: "Name a directory of this machine to copy it to",
      exitCode: exitCodes.usage,
    });
  }
  progress.add(info.size);
  const { body } = await remote.client.files(remote.name).download(from, { signal: remote.signal });
  for await (const data of body) {
    progress.moved(data.length);
    if (!(await write(data))) return;
  }
  progress.file(from, info.size);
};
