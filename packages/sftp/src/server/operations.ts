import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { type FileAttributes, readAttributes } from "../attributes.ts";
import type { BufferPool } from "../buffer-pool.ts";
import { dataHeaderLength, type Request, type Response, type SftpPath, writeDataHeader } from "../packets.ts";
import { Extension, maxDataLength, maxPacketLength, OpenFlag, SftpStatus } from "../protocol.ts";
import { createPacketReader, createPacketWriter } from "../wire.ts";
import { attributesOf, openNames, readEntries } from "./directory-listing.ts";
import { createHandleTable, maxHandles, type OpenHandle } from "./handles.ts";
import type { Claim } from "./order.ts";
import { canonicalPath, exists, resolvePath } from "./paths.ts";
import { endOfFile, errorName, okResponse, StatusError, systemError } from "./status.ts";
import type { SessionTemporaries } from "./temporaries.ts";

/** Extensions a server of this package announces. */
export const serverExtensions: ReadonlyArray<readonly [name: string, version: string]> = [
  [Extension.PosixRename, "1"],
  [Extension.Statvfs, "2"],
  [Extension.Fstatvfs, "2"],
  [Extension.Hardlink, "1"],
  [Extension.Fsync, "1"],
  [Extension.Lsetstat, "1"],
  [Extension.Limits, "1"],
];

/** The requests of one session against the file system. */
export interface Operations {
  /** What the request touches, for the order of operations. */
  claim(request: Request): Claim;
  /** Bytes the response may take, before it is known. */
  responseSize(request: Request): number;
  perform(request: Exclude<Request, { type: "read" }>): Promise<Response>;
  /** A whole packet: data is read into place behind its header. */
  read(id: number, request: Extract<Request, { type: "read" }>): Promise<Buffer | Response>;
  close(): Promise<void>;
}

const accessFlags = (flags: number): number => {
  const read = (flags & OpenFlag.Read) !== 0;
  const write = (flags & (OpenFlag.Write | OpenFlag.Append)) !== 0;
  return (
    (write ? (read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY) |
    (flags & OpenFlag.Append ? constants.O_APPEND : 0) |
    (flags & OpenFlag.Create ? constants.O_CREAT : 0) |
    (flags & OpenFlag.Truncate ? constants.O_TRUNC : 0) |
    (flags & OpenFlag.Exclusive ? constants.O_EXCL : 0) |
    // Opening a FIFO must not hold a thread until somebody opens its other end.
    constants.O_NONBLOCK |
    constants.O_NOCTTY
  );
};

/** Answers below this do not keep a large block of memory until they are sent. Bytes. */
const small = 16 * 1024;

/**
 * @param home absolute path of the directory where relative paths begin
 * @param memory where packets with data are made
 * @param temporaries told of files that a client makes and that nobody else has, and of what goes away
 */
export const createOperations = (
  home: string,
  memory: BufferPool,
  temporaries?: SessionTemporaries,
): Operations => {
  const base = Buffer.from(home);
  const handles = createHandleTable();
  const at = (path: SftpPath) => resolvePath(base, path);

  const openFile = async (request: Extract<Request, { type: "open" }>): Promise<OpenHandle> => {
    const mode = (request.attributes.mode ?? 0o666) & 0o7777;
    const file = await fs.open(at(request.path), accessFlags(request.flags), mode);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw systemError("EISDIR");
      if (stats.isFIFO() || stats.isSocket()) {
        throw new StatusError(SftpStatus.Failure, "not a regular file");
      }
      const append = (request.flags & OpenFlag.Append) !== 0;
      if (request.flags & OpenFlag.Exclusive) await temporaries?.made(at(request.path));
      return { kind: "file", file, identity: `${stats.dev}:${stats.ino}`, append };
    } catch (error) {
      await file.close();
      throw error;
    }
  };

  const write = async (request: Extract<Request, { type: "write" }>): Promise<Response> => {
    const { file } = handles.file(request.handle);
    const { data, offset } = request;
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await file.write(data, done, data.length - done, offset + done);
      if (bytesWritten === 0) throw systemError("EIO");
      done += bytesWritten;
    }
    return okResponse;
  };

  const change = async (path: Buffer, attributes: FileAttributes): Promise<Response> => {
    const { size, mode, atime, mtime, uid, gid } = attributes;
    if (size !== undefined) await fs.truncate(path, size);
    if (mode !== undefined) await fs.chmod(path, mode & 0o7777);
    if (atime !== undefined && mtime !== undefined) await fs.utimes(path, atime, mtime);
    if (uid !== undefined && gid !== undefined) await fs.chown(path, uid, gid);
    return okResponse;
  };

  const changeLink = async (path: Buffer, attributes: FileAttributes): Promise<Response> => {
    const { size, mode, atime, mtime, uid, gid } = attributes;
    if (size !== undefined || mode !== undefined) throw systemError("EINVAL");
    if (atime !== undefined && mtime !== undefined) await fs.lutimes(path, atime, mtime);
    if (uid !== undefined && gid !== undefined) await fs.lchown(path, uid, gid);
    return okResponse;
  };

  const changeOpen = async (id: Uint8Array, attributes: FileAttributes): Promise<Response> => {
    const handle = handles.get(id);
    if (handle.kind === "directory") return change(handle.path, attributes);
    const { size, mode, atime, mtime, uid, gid } = attributes;
    if (size !== undefined) await handle.file.truncate(size);
    if (mode !== undefined) await handle.file.chmod(mode & 0o7777);
    if (atime !== undefined && mtime !== undefined) await handle.file.utimes(atime, mtime);
    if (uid !== undefined && gid !== undefined) await handle.file.chown(uid, gid);
    return okResponse;
  };

  const openDirectory = async (path: Buffer): Promise<OpenHandle> => ({
    kind: "directory",
    path,
    names: await openNames(path),
    turn: Promise.resolve(),
  });

  const handle = async (open: () => Promise<OpenHandle>): Promise<Response> => ({
    type: "handle",
    handle: await handles.add(open),
  });

  const readdir = async (id: Uint8Array): Promise<Response> => {
    const handle = handles.directory(id);
    const turn = handle.turn.then(() => readEntries(handle.path, handle.names));
    handle.turn = turn.catch(() => {});
    const entries = await turn;
    return entries.length > 0 ? { type: "name", entries } : endOfFile;
  };

  /** Version 3 renames never replace: a hard link makes that atomic where the file system has them. */
  const rename = async (from: Buffer, to: Buffer): Promise<Response> => {
    const stats = await fs.lstat(from);
    if (stats.isFile()) {
      try {
        await fs.link(from, to);
        await fs.unlink(from);
        return okResponse;
      } catch (error) {
        const name = errorName(error) ?? "";
        if (!["EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EPERM", "EMLINK", "EXDEV"].includes(name)) throw error;
      }
    }
    if (await exists(to)) throw systemError("EEXIST");
    await fs.rename(from, to);
    return okResponse;
  };

  const remove = async (path: Buffer): Promise<Response> => {
    // unlink of a directory answers EPERM on some systems, which would read as a lack of rights.
    if ((await fs.lstat(path)).isDirectory()) throw systemError("EISDIR");
    await fs.unlink(path);
    return okResponse;
  };

  /** Does what takes a file away from its path. */
  const gone = async (path: Buffer, take: (path: Buffer) => Promise<Response>): Promise<Response> => {
    const response = await take(path);
    await temporaries?.gone(path);
    return response;
  };

  const name = (filename: Buffer): Response => ({
    type: "name",
    entries: [{ filename, longname: filename, attributes: {} }],
  });

  const reply = (values: readonly number[]): Response => {
    const writer = createPacketWriter(0, values.length * 8 + 5);
    for (const value of values) writer.u64(value);
    return { type: "extendedReply", payload: writer.finish().subarray(5) };
  };

  const fileSystem = async (path: Buffer): Promise<Response> => {
    const { bsize, blocks, bfree, bavail, files, ffree } = await fs.statfs(path);
    return reply([bsize, bsize, blocks, bfree, bavail, files, ffree, ffree, 0, 0, 255]);
  };

  const extended = async (extension: string, payload: Uint8Array): Promise<Response> => {
    const reader = createPacketReader(payload);
    switch (extension) {
      case Extension.PosixRename: {
        const from = at(reader.bytes());
        await fs.rename(from, at(reader.bytes()));
        await temporaries?.gone(from);
        return okResponse;
      }
      case Extension.Hardlink: {
        const from = at(reader.bytes());
        await fs.link(from, at(reader.bytes()));
        return okResponse;
      }
      case Extension.Fsync:
        await handles.file(reader.bytes()).file.sync();
        return okResponse;
      case Extension.Lsetstat: {
        const path = at(reader.bytes());
        return changeLink(path, readAttributes(reader));
      }
      case Extension.Statvfs:
        return fileSystem(at(reader.bytes()));
      case Extension.Fstatvfs: {
        const handle = handles.get(reader.bytes());
        // statfs takes no descriptor; the kernel offers each as a path.
        return fileSystem(
          handle.kind === "directory" ? handle.path : Buffer.from(`/proc/self/fd/${handle.file.fd}`),
        );
      }
      case Extension.Limits:
        return reply([maxPacketLength, maxDataLength, maxDataLength, maxHandles]);
      default:
        throw new StatusError(SftpStatus.OpUnsupported, "extension not supported");
    }
  };

  const perform: Operations["perform"] = async (request) => {
    switch (request.type) {
      case "open":
        return handle(() => openFile(request));
      case "close":
        await handles.close(request.handle);
        return okResponse;
      case "write":
        return write(request);
      case "stat":
        return { type: "attributes", attributes: attributesOf(await fs.stat(at(request.path))) };
      case "lstat":
        return { type: "attributes", attributes: attributesOf(await fs.lstat(at(request.path))) };
      case "fstat": {
        const handle = handles.get(request.handle);
        const stats = await (handle.kind === "file" ? handle.file.stat() : fs.stat(handle.path));
        return { type: "attributes", attributes: attributesOf(stats) };
      }
      case "setstat":
        return change(at(request.path), request.attributes);
      case "fsetstat":
        return changeOpen(request.handle, request.attributes);
      case "opendir":
        return handle(() => openDirectory(at(request.path)));
      case "readdir":
        return readdir(request.handle);
      case "remove":
        return gone(at(request.path), remove);
      case "mkdir":
        await fs.mkdir(at(request.path), (request.attributes.mode ?? 0o777) & 0o7777);
        return okResponse;
      case "rmdir":
        await fs.rmdir(at(request.path));
        return okResponse;
      case "realpath":
        return name(await canonicalPath(base, request.path));
      case "readlink":
        return name(await fs.readlink(at(request.path), { encoding: "buffer" }));
      case "rename":
        return gone(at(request.from), (from) => rename(from, at(request.to)));
      case "symlink": {
        const target = Buffer.from(request.target);
        if (target.includes(0)) throw systemError("EINVAL");
        await fs.symlink(target, at(request.link));
        return okResponse;
      }
      case "extended":
        return extended(request.name, request.payload);
    }
  };

  return {
    perform,
    async read(id, request) {
      const { file } = handles.file(request.handle);
      const length = Math.min(request.length, maxDataLength);
      const packet = memory.take(dataHeaderLength + length);
      let got = 0;
      try {
        const { bytesRead } = await file.read(packet, dataHeaderLength, length, request.offset);
        got = bytesRead;
      } finally {
        if (got === 0) memory.give(packet);
      }
      if (got === 0) return endOfFile;
      writeDataHeader(packet, id, got);
      const answer = packet.subarray(0, dataHeaderLength + got);
      if (got >= small) return answer;
      const copy = Buffer.from(answer);
      memory.give(packet);
      return copy;
    },
    claim(request) {
      switch (request.type) {
        case "read":
        case "fstat":
        case "readdir":
          // The handle of an open still under way: wait for that.
          return handles.has(request.handle) ? { kind: "look" } : { kind: "alone" };
        case "lstat":
        case "stat":
        case "realpath":
        case "readlink":
        case "opendir":
          return { kind: "look" };
        case "open":
          return request.flags === OpenFlag.Read ? { kind: "look" } : { kind: "alone" };
        case "write": {
          if (!handles.has(request.handle)) return { kind: "alone" };
          const handle = handles.get(request.handle);
          if (handle.kind === "directory") return { kind: "alone" };
          const { offset, data } = request;
          return handle.append
            ? { kind: "write", file: handle.identity, start: 0, end: Number.POSITIVE_INFINITY }
            : { kind: "write", file: handle.identity, start: offset, end: offset + data.length };
        }
        default:
          return { kind: "alone" };
      }
    },
    responseSize: (request) =>
      request.type === "read"
        ? dataHeaderLength + Math.min(request.length, maxDataLength)
        : request.type === "readdir"
          ? 32 * 1024
          : 1024,
    async close() {
      await handles.closeAll();
      await temporaries?.removeAll();
    },
  };
};
