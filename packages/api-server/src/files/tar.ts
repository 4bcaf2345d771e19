import type { ArchiveEntry, ArchiveFormat } from "./archive-format.ts";

const blockSize = 512;
const typeFlags = { file: "0", directory: "5", symlink: "2" } as const;

/** Zero bytes to fill the last block of `size` bytes. */
const tarPadding = (size: number): Uint8Array => Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

interface Header {
  name: Uint8Array;
  flag: string;
  size: number;
  mode: number;
  uid: number;
  gid: number;
  mtime: number;
  target?: Uint8Array;
}

const header = ({ name, flag, size, mode, uid, gid, mtime, target }: Header): Buffer => {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, offset: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, "0"), offset, digits, "ascii");
  block.set(name.subarray(0, 100), 0);
  octal(mode & 0o7777, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(mtime, 136, 11);
  block.fill(" ", 148, 156);
  block.write(flag, 156, "ascii");
  if (target) block.set(target.subarray(0, 100), 157);
  block.write("ustar\0" + "00", 257, "ascii");
  let sum = 0;
  for (const byte of block) sum += byte;
  octal(sum, 148, 6);
  block[154] = 0;
  return block;
};

/** A record of an extended header: its length counts itself. */
const record = (key: string, value: Uint8Array): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};

/** Largest values of the octal fields. */
const maxSize = 0o77777777777;
const maxId = 0o7777777;

/**
 * The header of one member in the interchange format (POSIX.1-2001 pax), with an extended header where a name or a
 * number does not fit the old one. Content of `size` bytes and `tarPadding(size)` follow.
 */
const tarHeader = (entry: ArchiveEntry): Buffer => {
  const records: Buffer[] = [];
  const fits = (key: string, value: number, limit: number): number => {
    const whole = Math.max(0, Math.floor(value));
    if (whole <= limit) return whole;
    records.push(record(key, Buffer.from(String(whole))));
    return 0;
  };
  if (entry.path.length > 100) records.push(record("path", entry.path));
  if (entry.target && entry.target.length > 100) records.push(record("linkpath", entry.target));
  const numbers = {
    size: fits("size", entry.type === "file" ? entry.size : 0, maxSize),
    uid: fits("uid", entry.uid, maxId),
    gid: fits("gid", entry.gid, maxId),
    mtime: fits("mtime", entry.mtime, maxSize),
  };
  const main = header({
    ...numbers,
    name: entry.path,
    flag: typeFlags[entry.type],
    mode: entry.mode,
    target: entry.target,
  });
  if (records.length === 0) return main;
  const extended = Buffer.concat(records);
  const before = header({
    name: Buffer.from("././@PaxHeader"),
    flag: "x",
    size: extended.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
  });
  return Buffer.concat([before, extended, tarPadding(extended.length), main]);
};

/** A tar archive as a stream. Nothing is held. */
export const createTar = (): ArchiveFormat => {
  let size = 0;
  return {
    mediaType: "application/x-tar",
    extension: "tar",
    isFull: () => false,
    begin(entry) {
      size = entry.type === "file" ? entry.size : 0;
      return [tarHeader(entry)];
    },
    content: (chunk) => [chunk],
    end: () => [tarPadding(size)],
    finish: () => [Buffer.alloc(2 * blockSize)],
  };
};
