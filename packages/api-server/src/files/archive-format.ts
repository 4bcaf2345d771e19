/** One member of an archive. Names are bytes: they need not be UTF-8. */
export interface ArchiveEntry {
  /** Relative path; a directory's ends with a slash. */
  readonly path: Uint8Array;
  readonly type: "file" | "directory" | "symlink";
  /** Bytes of content that follow; only files have any. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Target of a link. */
  readonly target?: Uint8Array;
}

/** How an archive is written: member by member, each `begin`, `content` of exactly its size, `end`. Then `finish`. */
export interface ArchiveFormat {
  readonly mediaType: string;
  /** Of file names, without the dot. */
  readonly extension: string;
  /** No further members fit; `finish` still works, and one small member before it. */
  isFull(): boolean;
  begin(entry: ArchiveEntry): Uint8Array[];
  content(chunk: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
  finish(): Uint8Array[];
}
