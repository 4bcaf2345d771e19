import type { Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { type FileAttributes, modeText } from "../attributes.ts";
import type { NameEntry } from "../packets.ts";
import { errorName } from "./status.ts";

/** Entries of one name response. */
const batchSize = 100;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const halfYearSeconds = 182 * 24 * 3600;

/** Attributes of a file as version 3 carries them: whole seconds. */
export const attributesOf = (stats: Stats): FileAttributes => ({
  size: stats.size,
  uid: stats.uid,
  gid: stats.gid,
  mode: stats.mode,
  atime: Math.floor(stats.atimeMs / 1000),
  mtime: Math.floor(stats.mtimeMs / 1000),
});

/** A line as `ls -ln` prints it: owners are numbers. Recent files have a time, others a year. */
const longName = (name: Buffer, stats: Stats): Buffer => {
  const time = stats.mtime;
  const day = String(time.getDate()).padStart(2);
  const age = Date.now() / 1000 - stats.mtimeMs / 1000;
  const clock = `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
  const when = age < halfYearSeconds && age > -3600 ? clock : String(time.getFullYear()).padStart(5);
  const columns = [
    modeText(stats.mode),
    String(stats.nlink).padStart(4),
    String(stats.uid).padEnd(8),
    String(stats.gid).padEnd(8),
    String(stats.size).padStart(8),
    `${months[time.getMonth()]} ${day} ${when}`,
  ];
  return Buffer.concat([Buffer.from(`${columns.join(" ")} `), name]);
};

/** The names in a directory as bytes, without `.` and `..`, in the order of the file system. */
export interface NameReader {
  /** The next name; undefined at the end. */
  next(): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

export const openNames = async (path: Buffer): Promise<NameReader> => {
  // `encoding: "buffer"` is left out of the types of opendir, and Dirent is typed as if names were always strings.
  const options: { bufferSize: number } = Object.assign({ bufferSize: 128 }, { encoding: "buffer" });
  const directory = await opendir(path, options);
  return {
    async next() {
      const entry: { readonly name: unknown } | null = await directory.read();
      return entry && Buffer.isBuffer(entry.name) ? entry.name : undefined;
    },
    close: () => directory.close(),
  };
};

const describe = async (directory: Buffer, name: Buffer): Promise<NameEntry | undefined> => {
  try {
    const stats = await lstat(Buffer.concat([directory, Buffer.from("/"), name]));
    return { filename: name, longname: longName(name, stats), attributes: attributesOf(stats) };
  } catch (error) {
    // Removed since it was listed.
    if (errorName(error) === "ENOENT") return undefined;
    return { filename: name, longname: name, attributes: {} };
  }
};

/** The next entries of a directory; none at its end. */
export const readEntries = async (directory: Buffer, names: NameReader): Promise<NameEntry[]> => {
  for (;;) {
    const batch: Buffer[] = [];
    while (batch.length < batchSize) {
      const name = await names.next();
      if (!name) break;
      batch.push(name);
    }
    if (batch.length === 0) return [];
    const entries = await Promise.all(batch.map((name) => describe(directory, name)));
    const present = entries.filter((entry) => entry !== undefined);
    if (present.length > 0) return present;
  }
};
