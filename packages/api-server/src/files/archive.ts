import {
  type FileAttributes,
  isDirectory,
  isRegularFile,
  isSymlink,
  joinPath,
  OpenFlag,
  type SftpClient,
  SftpError,
  SftpStatus,
} from "@k8shell/sftp";
import type { ArchiveEntry, ArchiveFormat } from "./archive-format.ts";

export interface ArchiveOptions {
  readonly client: SftpClient;
  readonly path: string;
  readonly attributes: FileAttributes;
  /** Name of the top entry. */
  readonly name: string;
  readonly format: ArchiveFormat;
  readonly signal: AbortSignal;
  /** Told the piece behind which nothing more of what was read at once comes. */
  readonly last?: (piece: Uint8Array) => void;
}

/** Bytes of the list of what was left out. */
const maxReport = 64 * 1024;

const slash = Buffer.from("/");
const bytesOf = (text: string) => Buffer.from(text);

/** Why an entry cannot be in the archive; undefined for an error that ends it. */
const reasonToSkip = (error: unknown): string | undefined => {
  if (!(error instanceof SftpError)) return undefined;
  if (error.code === SftpStatus.PermissionDenied) return "permission denied";
  if (error.code === SftpStatus.NoSuchFile) return "gone while the archive was made";
  if (error.code === SftpStatus.Failure) return "could not be read";
  return undefined;
};

/**
 * A directory with everything in it as an archive. Links are archived as links. Nothing is held but the entries of one
 * response per level, the requests of one file, and what the format needs.
 *
 * What cannot be read must not break an archive that is half sent, nor be missing in silence: such entries, and
 * sockets, pipes and devices, are listed in a last member `<name>.skipped.txt`.
 */
export async function* archive({
  client,
  path,
  attributes,
  name,
  format,
  signal,
  last,
}: ArchiveOptions): AsyncGenerator<Uint8Array> {
  const skipped: string[] = [];
  let reported = 0;

  const skip = (entry: Uint8Array, reason: string) => {
    const line = `${Buffer.from(entry).toString("utf8")}: ${reason}\n`;
    reported += Buffer.byteLength(line);
    if (reported <= maxReport) skipped.push(line);
    else if (skipped.at(-1) !== "…\n") skipped.push("…\n");
  };
  const begin = (
    at: Uint8Array,
    type: ArchiveEntry["type"],
    from: FileAttributes,
    size = 0,
    target?: Uint8Array,
  ) =>
    format.begin({
      path: at,
      type,
      size,
      mode: from.mode ?? 0o644,
      uid: from.uid ?? 0,
      gid: from.gid ?? 0,
      mtime: from.mtime ?? 0,
      target,
    });

  async function* file(source: Uint8Array, at: Uint8Array): AsyncGenerator<Uint8Array> {
    const open = await client.open(source, OpenFlag.Read, { signal });
    try {
      const now = await open.stat({ signal });
      const size = now.size ?? 0;
      yield* begin(at, "file", now, size);
      let sent = 0;
      if (size > 0) {
        try {
          for await (const chunk of open.read({ end: size - 1, signal })) {
            sent += chunk.length;
            const pieces = format.content(chunk);
            const end = pieces.at(-1);
            if (end) last?.(end);
            yield* pieces;
          }
        } catch (error) {
          const reason = reasonToSkip(error);
          if (reason === undefined) throw error;
          skip(at, reason);
        }
      }
      // The header has promised so many bytes: a file that became shorter is filled up, as tar itself does.
      for (let missing = size - sent; missing > 0; missing -= 65_536) {
        yield* format.content(Buffer.alloc(Math.min(missing, 65_536)));
      }
      yield* format.end();
    } finally {
      open.close().catch(() => {});
    }
  }

  async function* member(
    source: Uint8Array,
    at: Uint8Array,
    known: FileAttributes,
  ): AsyncGenerator<Uint8Array> {
    try {
      const found = known.mode === undefined ? await client.lstat(source, { signal }) : known;
      if (format.isFull()) skip(at, `no more fits into a ${format.extension}`);
      else if (isDirectory(found)) yield* directory(source, at, found);
      else if (isSymlink(found)) {
        const target = await client.readlink(source, { signal });
        yield* begin(at, "symlink", found, 0, target);
        yield* format.end();
      } else if (isRegularFile(found)) yield* file(source, at);
      else skip(at, "neither a file, a directory nor a link");
    } catch (error) {
      const reason = reasonToSkip(error);
      if (reason === undefined) throw error;
      skip(at, reason);
    }
  }

  async function* directory(
    source: Uint8Array,
    at: Uint8Array,
    known: FileAttributes,
  ): AsyncGenerator<Uint8Array> {
    const inside = Buffer.concat([at, slash]);
    yield* begin(inside, "directory", known);
    yield* format.end();
    for await (const { nameBytes, attributes: found } of client.readdir(source, { signal })) {
      yield* member(joinPath(source, nameBytes), Buffer.concat([inside, nameBytes]), found);
    }
  }

  yield* member(bytesOf(path), bytesOf(name), attributes);
  if (skipped.length > 0) {
    const text = Buffer.from(`Not in this archive:\n${skipped.join("")}`);
    const about: FileAttributes = { mode: 0o644, mtime: Date.now() / 1000 };
    yield* begin(bytesOf(`${name}.skipped.txt`), "file", about, text.length);
    yield* format.content(text);
    yield* format.end();
  }
  yield* format.finish();
}
