import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What a recording is of. */
export type RecordingKind = "shell" | "exec";
const kinds: readonly RecordingKind[] = ["shell", "exec"];

export interface RecordingInfo {
  readonly kind: RecordingKind;
  /** Columns and rows at the beginning. */
  readonly width: number;
  readonly height: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Milliseconds from the beginning to the last event. */
  readonly durationMs: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Is it being written now? */
  readonly active: boolean;
}

/** A recording that is being written. */
export interface OpenRecording {
  readonly file: FileHandle;
  /** Is nothing in it yet? */
  readonly isNew: boolean;
  close(): Promise<void>;
}

/** Recordings on disk: `<directory>/<username>/<kind>/<session id>.cast` (grpc-behaviour section 7). */
export interface RecordingFiles {
  /** Opens for appending; a session that is carried on goes on in its file. */
  append(username: string, kind: RecordingKind, sessionId: string): Promise<OpenRecording>;
  info(username: string, sessionId: string): Promise<RecordingInfo | undefined>;
  /** The file as it is now, from byte `start` (default 0) to byte `end` inclusive. */
  read(
    username: string,
    sessionId: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Resolves to false when there is none. */
  delete(username: string, sessionId: string): Promise<boolean>;
  /** Deletes what was last written before a moment (epoch milliseconds). Resolves to how many. */
  prune(before: number): Promise<number>;
}

const headerSchema = z.object({
  width: z.number(),
  height: z.number(),
  timestamp: z.number().catch(0),
});
const eventSchema = z.tuple([z.number()]).rest(z.unknown());

/** A name as one path segment that can be nothing else. */
const segment = (text: string): string => {
  const encoded = encodeURIComponent(text).replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  if (encoded === "" || Buffer.byteLength(encoded) > 200) throw new RangeError("not a name for a file");
  return encoded;
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
const orMissing = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Largest first line, and how much of the end is searched for the last event. Bytes. */
const headBytes = 4 * 1024;
const tailBytes = 256 * 1024;

const readPart = async (file: FileHandle, position: number, length: number): Promise<string> => {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.toString("utf8", 0, bytesRead);
};

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

export const createRecordingFiles = (directory: string): RecordingFiles => {
  const active = new Set<string>();
  const pathOf = (username: string, kind: RecordingKind, sessionId: string) =>
    join(directory, segment(username), kind, `${segment(sessionId)}.cast`);

  const find = async (username: string, sessionId: string) => {
    for (const kind of kinds) {
      const path = pathOf(username, kind, sessionId);
      const stats = await orMissing(stat(path));
      if (stats) return { kind, path, size: stats.size };
    }
    return undefined;
  };

  return {
    async append(username, kind, sessionId) {
      const path = pathOf(username, kind, sessionId);
      await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      const file = await open(path, "a", 0o600);
      const isNew = (await file.stat()).size === 0;
      active.add(path);
      return {
        file,
        isNew,
        async close() {
          active.delete(path);
          await file.close();
        },
      };
    },
    async info(username, sessionId) {
      const found = await find(username, sessionId);
      if (!found) return undefined;
      const file = await open(found.path, "r");
      try {
        const [first = ""] = (await readPart(file, 0, headBytes)).split("\n", 1);
        const header = headerSchema.safeParse(parseLine(first)).data;
        if (!header) return undefined;
        const from = Math.max(0, found.size - tailBytes);
        const lines = (await readPart(file, from, found.size - from)).split("\n");
        const last = lines.findLast((line) => eventSchema.safeParse(parseLine(line)).success);
        const [seconds = 0] = last === undefined ? [] : eventSchema.parse(parseLine(last));
        return {
          kind: found.kind,
          width: header.width,
          height: header.height,
          startedAt: header.timestamp * 1000,
          durationMs: Math.round(seconds * 1000),
          size: found.size,
          active: active.has(found.path),
        };
      } finally {
        await file.close();
      }
    },
    async read(username, sessionId, range) {
      const found = await find(username, sessionId);
      if (!found) return undefined;
      // What is appended meanwhile is not part of the answer: its length is known before.
      const { start, end } = range ?? { start: 0, end: found.size - 1 };
      return end < start ? (async function* () {})() : createReadStream(found.path, { start, end });
    },
    async delete(username, sessionId) {
      const found = await find(username, sessionId);
      if (found) await rm(found.path, { force: true });
      return found !== undefined;
    },
    async prune(before) {
      let count = 0;
      for (const user of (await orMissing(readdir(directory))) ?? []) {
        for (const kind of kinds) {
          for (const name of (await orMissing(readdir(join(directory, user, kind)))) ?? []) {
            const path = join(directory, user, kind, name);
            const stats = await orMissing(stat(path));
            if (!stats || stats.mtimeMs >= before || active.has(path)) continue;
            await rm(path, { force: true });
            count += 1;
          }
        }
      }
      return count;
    },
  };
};
