import type { PacketReader, PacketWriter } from "./wire.ts";

/** File attributes (draft section 5). Every part is optional on the wire. */
export interface FileAttributes {
  /** Bytes. */
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Type and permission bits as in `st_mode`. */
  readonly mode?: number;
  /** Seconds since the epoch, without fraction. */
  readonly atime?: number;
  readonly mtime?: number;
}

const Flag = { Size: 1, Owner: 2, Permissions: 4, Times: 8, Extended: 0x80000000 } as const;

/** Writes attributes. Uid needs gid and atime needs mtime: half a pair is left out. */
export const writeAttributes = (writer: PacketWriter, attributes: FileAttributes): void => {
  const { size, uid, gid, mode, atime, mtime } = attributes;
  const owner = uid !== undefined && gid !== undefined;
  const times = atime !== undefined && mtime !== undefined;
  writer.u32(
    (size === undefined ? 0 : Flag.Size) |
      (owner ? Flag.Owner : 0) |
      (mode === undefined ? 0 : Flag.Permissions) |
      (times ? Flag.Times : 0),
  );
  if (size !== undefined) writer.u64(size);
  if (owner) {
    writer.u32(uid);
    writer.u32(gid);
  }
  if (mode !== undefined) writer.u32(mode);
  if (times) {
    writer.u32(atime);
    writer.u32(mtime);
  }
};

/** Reads attributes; extended ones are skipped. */
export const readAttributes = (reader: PacketReader): FileAttributes => {
  const flags = reader.u32();
  const attributes: { -readonly [K in keyof FileAttributes]: FileAttributes[K] } = {};
  if (flags & Flag.Size) attributes.size = reader.u64();
  if (flags & Flag.Owner) {
    attributes.uid = reader.u32();
    attributes.gid = reader.u32();
  }
  if (flags & Flag.Permissions) attributes.mode = reader.u32();
  if (flags & Flag.Times) {
    attributes.atime = reader.u32();
    attributes.mtime = reader.u32();
  }
  if (flags & Flag.Extended) {
    // A forged count runs into the end of the packet and throws there.
    for (let left = reader.u32(); left > 0; left--) {
      reader.bytes();
      reader.bytes();
    }
  }
  return attributes;
};

const typeMask = 0o170000;

export const isDirectory = ({ mode = 0 }: FileAttributes): boolean => (mode & typeMask) === 0o040000;
export const isRegularFile = ({ mode = 0 }: FileAttributes): boolean => (mode & typeMask) === 0o100000;
export const isSymlink = ({ mode = 0 }: FileAttributes): boolean => (mode & typeMask) === 0o120000;

const typeLetters: ReadonlyMap<number, string> = new Map([
  [0o010000, "p"],
  [0o020000, "c"],
  [0o040000, "d"],
  [0o060000, "b"],
  [0o100000, "-"],
  [0o120000, "l"],
  [0o140000, "s"],
]);

/** The mode as `ls -l` shows it, e.g. `-rw-r--r--` or `drwxrwxrwt`. */
export const modeText = (mode: number): string => {
  const triple = (shift: number, special: number, letter: string) => {
    const bits = (mode >> shift) & 7;
    const execute = bits & 1;
    const last = mode & special ? (execute ? letter : letter.toUpperCase()) : execute ? "x" : "-";
    return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${last}`;
  };
  const type = typeLetters.get(mode & typeMask) ?? "?";
  return `${type}${triple(6, 0o4000, "s")}${triple(3, 0o2000, "s")}${triple(0, 0o1000, "t")}`;
};
