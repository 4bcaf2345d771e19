import { lstat, realpath } from "node:fs/promises";
import type { SftpPath } from "../packets.ts";
import { errorName, systemError } from "./status.ts";

const slash = Buffer.from("/");
const slashByte = 0x2f;

/** The path as the file system takes it: relative ones begin at `home`. Bytes stay as they are. */
export const resolvePath = (home: Buffer, path: SftpPath): Buffer => {
  const bytes = Buffer.from(path);
  if (bytes.length === 0) throw systemError("ENOENT");
  if (bytes.includes(0)) throw systemError("EINVAL");
  return bytes[0] === slashByte ? bytes : Buffer.concat([home, slash, bytes]);
};

const split = (path: Buffer): { parent: Buffer; name: Buffer } => {
  let end = path.length;
  while (end > 1 && path[end - 1] === slashByte) end -= 1;
  const cut = path.lastIndexOf(slashByte, end - 1);
  return { parent: cut <= 0 ? slash : path.subarray(0, cut), name: path.subarray(cut + 1, end) };
};

/** The absolute path without links, `.` and `..`. Only its last component may be missing, as with OpenSSH. */
export const canonicalPath = async (home: Buffer, path: SftpPath): Promise<Buffer> => {
  const full = path.length === 0 ? home : resolvePath(home, path);
  try {
    return await realpath(full, { encoding: "buffer" });
  } catch (error) {
    const { parent, name } = split(full);
    const plain = name.length > 0 && !name.equals(Buffer.from(".")) && !name.equals(Buffer.from(".."));
    if (errorName(error) !== "ENOENT" || !plain) throw error;
    const resolved = await realpath(parent, { encoding: "buffer" });
    return Buffer.concat(resolved.equals(slash) ? [slash, name] : [resolved, slash, name]);
  }
};

/** Is there something under this name, be it a broken link? */
export const exists = async (path: Buffer): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorName(error) === "ENOENT") return false;
    throw error;
  }
};
