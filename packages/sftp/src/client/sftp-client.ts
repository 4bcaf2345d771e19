import type { FileAttributes } from "../attributes.ts";
import type { Request, Response, SftpPath } from "../packets.ts";
import { Extension, OpenFlag, SftpStatus } from "../protocol.ts";
import { createPacketReader, createPacketWriter } from "../wire.ts";
import { type Connection, createConnection, expectOk, expectType, type SftpStream } from "./connection.ts";
import { underSignal } from "./interruption.ts";
import { type ReadOptions, readFile } from "./read-file.ts";
import { SftpError } from "./sftp-error.ts";
import { type WriteOptions, writeFile } from "./write-file.ts";

export interface SftpClientOptions {
  /** Requests of one transfer in flight. Default 64; each holds at most 64 KiB. */
  window?: number;
  /** Milliseconds after which a server that owes an answer and sends nothing is taken for lost. Default: never. */
  stallMs?: number;
}

interface Abortable {
  /** Aborting ends the wait with the signal's reason; what the server was asked may still happen. */
  signal?: AbortSignal;
}

interface WithMode extends Abortable {
  /** Permission bits of what is created; the server applies its umask. */
  mode?: number;
}

export interface DirectoryEntry {
  /** The name as text: bytes that are not UTF-8 are replaced. */
  readonly name: string;
  /** The name as it is. */
  readonly nameBytes: Buffer;
  readonly attributes: FileAttributes;
}

/** Sizes of a file system in bytes. */
export interface FileSystemSize {
  readonly total: number;
  readonly free: number;
  /** What an unprivileged user may still write. */
  readonly available: number;
}

/** An open file. Close it. */
export interface SftpFile {
  stat(options?: Abortable): Promise<FileAttributes>;
  setstat(attributes: FileAttributes, options?: Abortable): Promise<void>;
  read(options?: ReadOptions): AsyncIterable<Uint8Array>;
  write(source: AsyncIterable<Uint8Array>, options?: WriteOptions): Promise<number>;
  /** Forces the data to disk where the server can; else does nothing. */
  sync(options?: Abortable): Promise<void>;
  close(options?: Abortable): Promise<void>;
}

/** A session with a server. Every failure of the server is an SftpError. Paths are relative to the server's home. */
export interface SftpClient {
  stat(path: SftpPath, options?: Abortable): Promise<FileAttributes>;
  /** As `stat`, but of a link itself. */
  lstat(path: SftpPath, options?: Abortable): Promise<FileAttributes>;
  setstat(path: SftpPath, attributes: FileAttributes, options?: Abortable): Promise<void>;
  /** Absolute path without links. Bytes that are not UTF-8 are replaced. */
  realpath(path: SftpPath, options?: Abortable): Promise<string>;
  readlink(path: SftpPath, options?: Abortable): Promise<Buffer>;
  /** Entries without `.` and `..`, in the server's order, fetched as they are taken. */
  readdir(path: SftpPath, options?: Abortable): AsyncIterable<DirectoryEntry>;
  mkdir(path: SftpPath, options?: WithMode): Promise<void>;
  rmdir(path: SftpPath, options?: Abortable): Promise<void>;
  remove(path: SftpPath, options?: Abortable): Promise<void>;
  /**
   * Renames and replaces the target at once where the server has `posix-rename@openssh.com`; without it an existing
   * target is a failure.
   */
  rename(from: SftpPath, to: SftpPath, options?: Abortable): Promise<void>;
  /** Renames and never replaces: an existing target is a failure. */
  renameNew(from: SftpPath, to: SftpPath, options?: Abortable): Promise<void>;
  symlink(target: SftpPath, link: SftpPath, options?: Abortable): Promise<void>;
  /** @param flags OpenFlag values, joined by `|` */
  open(path: SftpPath, flags: number, options?: WithMode): Promise<SftpFile>;
  /** Opens, reads and closes. */
  read(path: SftpPath, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** Creates or empties the file (unless `flags` says otherwise), writes and closes. Resolves to the number of bytes. */
  write(
    path: SftpPath,
    source: AsyncIterable<Uint8Array>,
    options?: WriteOptions & WithMode & { flags?: number },
  ): Promise<number>;
  /** Gives the memory of a chunk of `read` back, to be used again: for readers of much. Nobody may look at it afterwards. */
  release(chunk: Uint8Array): void;
  /** Undefined when the server cannot say. */
  statvfs(path: SftpPath, options?: Abortable): Promise<FileSystemSize | undefined>;
  /** Aborts, with an SftpError as its reason, when the session has ended. */
  readonly ended: AbortSignal;
  /** Ends the session and resolves when the server has closed its side. */
  close(): Promise<void>;
}

const paths = (...values: SftpPath[]): Buffer => {
  const writer = createPacketWriter(0);
  for (const value of values) writer.string(value);
  return writer.finish().subarray(5);
};

const createFile = (connection: Connection, handle: Uint8Array, window: number): SftpFile => ({
  async stat({ signal } = {}) {
    const response = await underSignal(signal, () => connection.request({ type: "fstat", handle }));
    return expectType(response, "attributes").attributes;
  },
  async setstat(attributes, { signal } = {}) {
    expectOk(await underSignal(signal, () => connection.request({ type: "fsetstat", handle, attributes })));
  },
  read: (options = {}) => readFile(connection, handle, window, options),
  write: (source, options = {}) => writeFile(connection, handle, source, window, options),
  async sync({ signal } = {}) {
    if (!(await connection.extensions).has(Extension.Fsync)) return;
    const request: Request = { type: "extended", name: Extension.Fsync, payload: paths(handle) };
    expectOk(await underSignal(signal, () => connection.request(request)));
  },
  async close({ signal } = {}) {
    expectOk(await underSignal(signal, () => connection.request({ type: "close", handle })));
  },
});

/**
 * Starts an SFTP version 3 session as the client. Requests wait for nothing but the server's greeting.
 * @param stream bytes to and from the server; owned by the client from here on
 */
export const createSftpClient = (
  stream: SftpStream,
  { window = 64, stallMs }: SftpClientOptions = {},
): SftpClient => {
  const connection = createConnection(stream, stallMs);

  const ask = async (request: Request, signal: AbortSignal | undefined): Promise<Response> => {
    await underSignal(signal, () => connection.extensions);
    return underSignal(signal, () => connection.request(request));
  };
  /** A handle that arrives after its opener has gone is closed again. */
  const askHandle = async (request: Request, signal: AbortSignal | undefined): Promise<Buffer> => {
    await underSignal(signal, () => connection.extensions);
    const response = await underSignal(
      signal,
      () => connection.request(request),
      (late) => {
        if (late.type === "handle") quietly({ type: "close", handle: late.handle });
      },
    );
    // A copy: the view would keep the whole chunk it arrived in.
    return Buffer.from(expectType(response, "handle").handle);
  };
  const quietly = (request: Request) => {
    connection.request(request).catch(() => {});
  };
  const oneName = async (request: Request, signal: AbortSignal | undefined): Promise<Buffer> => {
    const [entry] = expectType(await ask(request, signal), "name").entries;
    if (!entry) throw new SftpError(SftpStatus.BadMessage, "a name response without a name");
    return Buffer.from(entry.filename);
  };
  const attributes = async (request: Request, signal: AbortSignal | undefined): Promise<FileAttributes> =>
    expectType(await ask(request, signal), "attributes").attributes;

  const open: SftpClient["open"] = async (path, flags, { mode, signal } = {}) => {
    const request: Request = { type: "open", path, flags, attributes: mode === undefined ? {} : { mode } };
    return createFile(connection, await askHandle(request, signal), window);
  };

  return {
    stat: (path, { signal } = {}) => attributes({ type: "stat", path }, signal),
    lstat: (path, { signal } = {}) => attributes({ type: "lstat", path }, signal),
    async setstat(path, changes, { signal } = {}) {
      expectOk(await ask({ type: "setstat", path, attributes: changes }, signal));
    },
    async realpath(path, { signal } = {}) {
      return (await oneName({ type: "realpath", path }, signal)).toString("utf8");
    },
    readlink: (path, { signal } = {}) => oneName({ type: "readlink", path }, signal),
    async *readdir(path, { signal } = {}) {
      const handle = await askHandle({ type: "opendir", path }, signal);
      try {
        for (;;) {
          const response = await ask({ type: "readdir", handle }, signal);
          if (response.type === "status" && response.code === SftpStatus.Eof) return;
          for (const entry of expectType(response, "name").entries) {
            const nameBytes = Buffer.from(entry.filename);
            const name = nameBytes.toString("utf8");
            if (name !== "." && name !== "..") yield { name, nameBytes, attributes: entry.attributes };
          }
        }
      } finally {
        quietly({ type: "close", handle });
      }
    },
    async mkdir(path, { mode, signal } = {}) {
      expectOk(await ask({ type: "mkdir", path, attributes: mode === undefined ? {} : { mode } }, signal));
    },
    async rmdir(path, { signal } = {}) {
      expectOk(await ask({ type: "rmdir", path }, signal));
    },
    async remove(path, { signal } = {}) {
      expectOk(await ask({ type: "remove", path }, signal));
    },
    async rename(from, to, { signal } = {}) {
      const extensions = await underSignal(signal, () => connection.extensions);
      const request: Request = extensions.has(Extension.PosixRename)
        ? { type: "extended", name: Extension.PosixRename, payload: paths(from, to) }
        : { type: "rename", from, to };
      expectOk(await ask(request, signal));
    },
    async renameNew(from, to, { signal } = {}) {
      expectOk(await ask({ type: "rename", from, to }, signal));
    },
    async symlink(target, link, { signal } = {}) {
      expectOk(await ask({ type: "symlink", target, link }, signal));
    },
    open,
    async *read(path, options = {}) {
      const file = await open(path, OpenFlag.Read, { signal: options.signal });
      try {
        yield* file.read(options);
      } finally {
        file.close().catch(() => {});
      }
    },
    async write(path, source, { flags, mode, ...options } = {}) {
      const how = flags ?? OpenFlag.Write | OpenFlag.Create | OpenFlag.Truncate;
      const file = await open(path, how, { mode, signal: options.signal });
      let written: number;
      try {
        written = await file.write(source, options);
      } catch (error) {
        file.close().catch(() => {});
        throw error;
      }
      await file.close({ signal: options.signal });
      return written;
    },
    async statvfs(path, { signal } = {}) {
      if (!(await underSignal(signal, () => connection.extensions)).has(Extension.Statvfs)) return undefined;
      const request: Request = { type: "extended", name: Extension.Statvfs, payload: paths(path) };
      const { payload } = expectType(await ask(request, signal), "extendedReply");
      const reader = createPacketReader(payload);
      reader.u64();
      const unit = reader.u64();
      const total = reader.u64() * unit;
      const free = reader.u64() * unit;
      return { total, free, available: reader.u64() * unit };
    },
    release: connection.release,
    ended: connection.ended,
    close: () => connection.close(),
  };
};
