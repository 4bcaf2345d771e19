import type { FileHandle } from "node:fs/promises";
import {
  type DataChunk,
  Direction,
  type RecordingService,
} from "@k8shell/contract/gen/session/v1/session_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { decodeJwt } from "jose";
import { castEvent, castHeader, createTextOf } from "./cast-writer.ts";
import type { RecordingFiles, RecordingKind } from "./recording-files.ts";

export interface RecordingServiceDeps {
  readonly files: RecordingFiles;
  /** Bytes of one recording; at this it ends with a note (default 1 GiB). */
  readonly maxBytes?: number;
}

const invalid = (message: string) => new RpcError(Code.InvalidArgument, message);
const off = (what: string) => new RpcError(Code.Unimplemented, `${what} is not recorded here`);

/** What is collected before it is written, bytes. */
const bufferBytes = 64 * 1024;
/** The same in time, milliseconds: a recording can be watched while it is made. */
const bufferMs = 500;

/** Whose recording it is. The signature is the caller's to check, as with every service (grpc-behaviour section 2). */
const ownerOf = (token: string): string => {
  try {
    const { sub } = decodeJwt(token);
    if (typeof sub === "string" && sub !== "" && sub.length <= 128) return sub;
  } catch {
    // As for a token without a subject.
  }
  throw invalid("user_token is not a user's JWT");
};

/** The second after the year 9999. */
const endOfTime = 253_402_300_800n;

/**
 * Whole seconds since 1970. Times of sessions are seconds (grpc-behaviour section 7), but those of a recording go on in
 * milliseconds, and a service may count its beginning so, or finer, too.
 */
const secondsOf = (time: bigint): number => {
  if (time < 0n) throw invalid("started_at is out of range");
  let seconds = time;
  while (seconds >= endOfTime) seconds /= 1000n;
  return Number(seconds);
};

interface Header {
  readonly sessionId: string;
  readonly userToken: string;
  readonly startedAt: bigint;
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/** Writes lines to a file, some at a time. */
const createLines = (file: FileHandle, maxBytes: number) => {
  let pending = "";
  let written = 0;
  let failed: unknown;
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const text = pending;
    pending = "";
    if (text !== "") {
      writing = writing
        .then(() => file.appendFile(text))
        .catch((error: unknown) => {
          failed ??= error;
        });
    }
    return writing;
  };
  return {
    /** Resolves when more may follow. @throws what kept earlier lines from being written */
    async put(line: string): Promise<void> {
      if (failed !== undefined) throw failed;
      if (written > maxBytes) return;
      written += Buffer.byteLength(line);
      pending += written > maxBytes ? castEvent(0, "o", "\r\n[the recording is full]\r\n") : line;
      if (pending.length >= bufferBytes) await flush();
      else timer ??= setTimeout(flush, bufferMs).unref();
    },
    flush,
  };
};

/**
 * Writes recordings to disk as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/). Terminals and commands
 * are recorded; forwarded connections and SFTP are not.
 */
export const recordingService = ({
  files,
  maxBytes = 1 << 30,
}: RecordingServiceDeps): ServiceImpl<typeof RecordingService> => {
  const record = async <F>(
    kind: RecordingKind,
    frames: AsyncIterable<F>,
    parts: (frame: F) => { header?: Header; chunk?: DataChunk; resize?: { at: number; to: string } },
  ): Promise<Record<string, never>> => {
    const source = frames[Symbol.asyncIterator]();
    const first = await source.next();
    const header = first.done ? undefined : parts(first.value).header;
    if (!header) throw invalid("a recording begins with its header");
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(header.sessionId))
      throw invalid("session_id is not an id");
    const { width, height, title, startedAt } = header;
    const began = secondsOf(startedAt);

    const owner = ownerOf(header.userToken);
    const opened = await files.append(owner, kind, header.sessionId);
    const lines = createLines(opened.file, maxBytes);
    const text = createTextOf();
    let shift = 0;
    let last = 0;
    const event = (at: number, code: "o" | "i" | "r", data: string) => {
      // Players want time to go forward only.
      last = Math.max(last, at + shift);
      return data === "" ? undefined : lines.put(castEvent(last, code, data));
    };
    try {
      if (opened.isNew) await lines.put(castHeader({ width, height, timestamp: began, title }));
      else {
        // A session that is carried on: its file goes on, in its own time.
        const known = await files.info(owner, header.sessionId);
        if (known) shift = Math.max(known.durationMs, began * 1000 - known.startedAt);
        await event(0, "r", `${width}x${height}`);
      }
      for (;;) {
        const next = await source.next();
        if (next.done) break;
        const { chunk, resize } = parts(next.value);
        if (chunk) {
          const code = chunk.direction === Direction.INPUT ? "i" : "o";
          await event(Number(chunk.timeOffsetMs), code, text.push(code, chunk.data));
        } else if (resize) await event(resize.at, "r", resize.to);
      }
    } finally {
      await event(last - shift, "o", text.rest("o"));
      await lines.flush();
      await opened.close();
    }
    return {};
  };

  return {
    streamShellRecording: (frames) =>
      record("shell", frames, ({ payload }) => {
        switch (payload.case) {
          case "header":
            return { header: { ...payload.value, title: `shell ${payload.value.sessionId}` } };
          case "chunk":
            return { chunk: payload.value };
          case "resize": {
            const { timeOffsetMs, width, height } = payload.value;
            return { resize: { at: Number(timeOffsetMs), to: `${width}x${height}` } };
          }
          default:
            return {};
        }
      }),
    streamExecRecording: (frames) =>
      record("exec", frames, ({ payload }) => {
        switch (payload.case) {
          case "header":
            return { header: { ...payload.value, width: 80, height: 24, title: payload.value.command } };
          case "chunk":
            return { chunk: payload.value };
          default:
            return {};
        }
      }),
    streamTcpipRecording: () => Promise.reject(off("forwarded traffic")),
    streamSftpRecording: () => Promise.reject(off("SFTP")),
    // Each stream ends its own file; there is nothing else to close.
    endRecordingSession: () => Promise.resolve({}),
  };
};
