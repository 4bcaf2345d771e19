import { crc32 } from "node:zlib";
import type { ArchiveEntry, ArchiveFormat } from "./archive-format.ts";

/** Bytes of the central directory that are held until the end. */
const maxDirectory = 32 << 20;
const max32 = 0xffff_ffff;
const max16 = 0xffff;
const maxBlock = 0xffff;

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;
/** Bits of "general purpose": a data descriptor follows; the name is UTF-8. */
const descriptorFollows = 1 << 3;
const nameIsUtf8 = 1 << 11;
const deflated = 8;
const needed = { plain: 20, zip64: 45 } as const;
const madeByUnix = 3 << 8;

/** Date and time of MS-DOS, in UTC, within what it can say. */
const dosTime = (seconds: number): number => {
  const from1980 = Math.min(Math.max(seconds, 315_532_800), 4_354_819_198);
  const at = new Date(from1980 * 1000);
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return date * 0x10000 + time;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

const extra = (id: number, content: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(content.length, 2);
  return Buffer.concat([head, content]);
};

/** The exact time in seconds ("extended timestamp"): the other one is even and of no time zone. */
const timestamp = (seconds: number): Buffer => {
  const content = Buffer.alloc(5);
  content[0] = 1;
  content.writeInt32LE(Math.min(Math.max(Math.floor(seconds), 0), 0x7fff_ffff), 1);
  return extra(0x5455, content);
};

interface Member {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly time: number;
  readonly stamp: Buffer;
  readonly mode: number;
  readonly isDirectory: boolean;
  /** Do its sizes need the 64-bit fields? Known from its size, before any content. */
  readonly large: boolean;
  readonly offset: number;
  crc: number;
  stored: number;
  size: number;
}

const isUtf8 = (bytes: Uint8Array): boolean =>
  Buffer.from(Buffer.from(bytes).toString("utf8")).equals(Buffer.from(bytes));

/** The member's line in the central directory. */
const directoryRecord = (member: Member): Buffer => {
  const farOff = member.offset >= max32;
  const wide = [
    ...(member.large ? [u64(member.size), u64(member.stored)] : []),
    ...(farOff ? [u64(member.offset)] : []),
  ];
  const extras = Buffer.concat([member.stamp, ...(wide.length > 0 ? [extra(1, Buffer.concat(wide))] : [])]);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(madeByUnix | needed.zip64, 4);
  head.writeUInt16LE(wide.length > 0 ? needed.zip64 : needed.plain, 6);
  head.writeUInt16LE(member.flags, 8);
  head.writeUInt16LE(deflated, 10);
  head.writeUInt32LE(member.time, 12);
  head.writeUInt32LE(member.crc, 16);
  head.writeUInt32LE(member.large ? max32 : member.stored, 20);
  head.writeUInt32LE(member.large ? max32 : member.size, 24);
  head.writeUInt16LE(member.name.length, 28);
  head.writeUInt16LE(extras.length, 30);
  head.writeUInt32LE(((member.mode << 16) | (member.isDirectory ? 0x10 : 0)) >>> 0, 38);
  head.writeUInt32LE(farOff ? max32 : member.offset, 42);
  return Buffer.concat([head, member.name, extras]);
};

/** What ends the archive, behind a central directory of `size` bytes at `offset`. */
const endRecords = (count: number, size: number, offset: number): Buffer => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, max16), 8);
  end.writeUInt16LE(Math.min(count, max16), 10);
  end.writeUInt32LE(Math.min(size, max32), 12);
  end.writeUInt32LE(Math.min(offset, max32), 16);
  if (count < max16 && offset < max32) return end;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(44n, 4);
  wide.writeUInt16LE(madeByUnix | needed.zip64, 12);
  wide.writeUInt16LE(needed.zip64, 14);
  for (const [index, value] of [count, count, size, offset].entries()) {
    wide.writeBigUInt64LE(BigInt(value), 24 + 8 * index);
  }
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, end]);
};

/**
 * A zip archive (PKWARE APPNOTE 6.3) as a stream, with 64-bit sizes where needed. Content is not compressed, but in
 * the form of deflate: readers that take a zip as a stream cannot tell where a plainly stored member of unknown
 * checksum ends. The central directory is the only thing held; it is limited, and `isFull` says when.
 *
 * @param startAt bytes taken to be in the archive already (for tests of large archives)
 */
export const createZip = (startAt = 0): ArchiveFormat => {
  const directory: Buffer[] = [];
  let directorySize = 0;
  let position = startAt;
  let current: Member | undefined;

  const emit = (bytes: Buffer): Buffer => {
    position += bytes.length;
    return bytes;
  };

  const begin = (entry: ArchiveEntry): Buffer => {
    const { path: name } = entry;
    const large = entry.size > 0xf000_0000;
    const member: Member = {
      name,
      flags: descriptorFollows | (isUtf8(name) ? nameIsUtf8 : 0),
      time: dosTime(entry.mtime),
      stamp: timestamp(entry.mtime),
      mode: typeBits[entry.type] | (entry.mode & 0o7777),
      isDirectory: entry.type === "directory",
      large,
      offset: position,
      crc: 0,
      stored: 0,
      size: 0,
    };
    current = member;
    const extras = Buffer.concat([member.stamp, ...(large ? [extra(1, Buffer.alloc(16))] : [])]);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(large ? needed.zip64 : needed.plain, 4);
    head.writeUInt16LE(member.flags, 6);
    head.writeUInt16LE(deflated, 8);
    head.writeUInt32LE(member.time, 10);
    if (large) {
      head.writeUInt32LE(max32, 18);
      head.writeUInt32LE(max32, 22);
    }
    head.writeUInt16LE(name.length, 26);
    head.writeUInt16LE(extras.length, 28);
    return Buffer.concat([head, name, extras]);
  };

  const block = (content: Uint8Array, last: boolean): Buffer => {
    const head = Buffer.alloc(5);
    head[0] = last ? 1 : 0;
    head.writeUInt16LE(content.length, 1);
    head.writeUInt16LE(content.length ^ 0xffff, 3);
    return head;
  };

  const put = (content: Uint8Array): Uint8Array[] => {
    if (!current) throw new Error("content outside of a member");
    const pieces: Uint8Array[] = [];
    current.crc = crc32(content, current.crc);
    current.size += content.length;
    for (let start = 0; start < content.length; start += maxBlock) {
      const piece = content.subarray(start, start + maxBlock);
      current.stored += 5 + piece.length;
      pieces.push(emit(block(piece, false)), piece);
      position += piece.length;
    }
    return pieces;
  };

  const end = (): Buffer => {
    const member = current;
    if (!member) throw new Error("no member to end");
    current = undefined;
    member.stored += 5;
    const descriptor = Buffer.alloc(8);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(member.crc, 4);
    const sizes = member.large
      ? [u64(member.stored), u64(member.size)]
      : [member.stored, member.size].map((value) => u64(value).subarray(0, 4));
    const record = directoryRecord(member);
    directory.push(record);
    directorySize += record.length;
    return Buffer.concat([block(Buffer.alloc(0), true), descriptor, ...sizes]);
  };

  return {
    mediaType: "application/zip",
    extension: "zip",
    isFull: () => directorySize >= maxDirectory,
    begin(entry) {
      const head = emit(begin(entry));
      return entry.target ? [head, ...put(entry.target)] : [head];
    },
    content: put,
    end: () => [emit(end())],
    finish: () => [...directory, endRecords(directory.length, directorySize, position)],
  };
};
