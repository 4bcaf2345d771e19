import type { FileHandle } from "node:fs/promises";
import type { NameReader } from "./directory-listing.ts";
import { systemError } from "./status.ts";

export interface OpenFile {
  readonly kind: "file";
  readonly file: FileHandle;
  /** Device and inode: the same for two handles of one file. */
  readonly identity: string;
  readonly append: boolean;
}

export interface OpenDirectory {
  readonly kind: "directory";
  readonly path: Buffer;
  readonly names: NameReader;
  /** Ends when the reads of this handle so far have ended: they take turns. */
  turn: Promise<unknown>;
}

export type OpenHandle = OpenFile | OpenDirectory;

/** Handles one session may hold. */
export const maxHandles = 1024;

/** The open files and directories of one session. */
export interface HandleTable {
  /** Makes room for one more and registers what `open` opens. @throws StatusError when there is no room */
  add(open: () => Promise<OpenHandle>): Promise<Buffer>;
  has(id: Uint8Array): boolean;
  get(id: Uint8Array): OpenHandle;
  file(id: Uint8Array): OpenFile;
  directory(id: Uint8Array): OpenDirectory;
  /** Forgets the handle and closes what it stands for. */
  close(id: Uint8Array): Promise<void>;
  closeAll(): Promise<void>;
}

const closeHandle = (handle: OpenHandle): Promise<void> =>
  handle.kind === "file" ? handle.file.close() : handle.names.close();

export const createHandleTable = (): HandleTable => {
  const handles = new Map<number, OpenHandle>();
  let opening = 0;
  let last = 0;

  const number = (id: Uint8Array): number => {
    if (id.length !== 4) throw systemError("EBADF");
    return Buffer.from(id.buffer, id.byteOffset, 4).readUInt32BE(0);
  };
  const get = (id: Uint8Array): OpenHandle => {
    const handle = handles.get(number(id));
    if (!handle) throw systemError("EBADF");
    return handle;
  };

  return {
    async add(open) {
      if (handles.size + opening >= maxHandles) throw systemError("EMFILE");
      opening += 1;
      let handle: OpenHandle;
      try {
        handle = await open();
      } finally {
        opening -= 1;
      }
      last = (last + 1) >>> 0;
      while (handles.has(last)) last = (last + 1) >>> 0;
      handles.set(last, handle);
      const id = Buffer.alloc(4);
      id.writeUInt32BE(last, 0);
      return id;
    },
    has: (id) => id.length === 4 && handles.has(number(id)),
    get,
    file(id) {
      const handle = get(id);
      if (handle.kind !== "file") throw systemError("EISDIR");
      return handle;
    },
    directory(id) {
      const handle = get(id);
      if (handle.kind !== "directory") throw systemError("ENOTDIR");
      return handle;
    },
    async close(id) {
      const handle = get(id);
      handles.delete(number(id));
      await closeHandle(handle);
    },
    async closeAll() {
      const open = [...handles.values()];
      handles.clear();
      await Promise.allSettled(open.map(closeHandle));
    },
  };
};
