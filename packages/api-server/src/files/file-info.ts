import type { FileInfoJson } from "@k8shell/contract";
import {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  isSymlink,
  modeText,
  type SftpClient,
} from "@k8shell/sftp";
import { validatorsOf } from "./preconditions.ts";
import { baseName } from "./workspace-path.ts";

const typeOf = (attributes: FileAttributes): FileInfoJson["type"] =>
  isDirectory(attributes)
    ? "directory"
    : isSymlink(attributes)
      ? "symlink"
      : isRegularFile(attributes)
        ? "file"
        : "other";

/** What is told about an entry. `isDir` of a link is not known from its own attributes. */
export const fileInfo = (path: string, attributes: FileAttributes): FileInfoJson => {
  const { size = 0, mode = 0, mtime = 0, uid, gid } = attributes;
  return {
    name: baseName(path) || "/",
    path,
    type: typeOf(attributes),
    isDir: isDirectory(attributes),
    size,
    mode: modeText(mode),
    modTime: new Date(mtime * 1000).toISOString(),
    uid,
    gid,
    etag: isRegularFile(attributes) ? validatorsOf(attributes).etag : undefined,
  };
};

/** As `fileInfo`, and where a link leads. */
export const describeEntry = async (
  client: SftpClient,
  path: string,
  attributes: FileAttributes,
  signal: AbortSignal,
): Promise<FileInfoJson> => {
  const info = fileInfo(path, attributes);
  if (!isSymlink(attributes)) return info;
  const [target, behind] = await Promise.all([
    client.readlink(path, { signal }).catch(() => undefined),
    client.stat(path, { signal }).catch((): FileAttributes => ({})),
  ]);
  return { ...info, target: target?.toString("utf8"), isDir: isDirectory(behind) };
};
