import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { createChanges } from "../logs/changes.ts";

/** A log file holds this much before it is put aside, bytes; one older file is kept. */
const maxFileBytes = 1024 * 1024;
/** Longest line, characters; longer ones are cut into several. */
const maxLine = 64 * 1024;
const readBytes = 64 * 1024;

/**
 * The log of one app or of its installation: at most two files of bounded size. What cannot be written, as on a full disk, is
 * lost and marked as missing later: that must end neither the app nor the daemon with everybody's shells.
 */
export interface AppLog {
  exists(): boolean;
  /** Begins an empty log. */
  restart(): void;
  append(data: Uint8Array): void;
  /** Adds a line of the daemon's own, marked as such. */
  note(text: string): void;
  /** Everything kept. Empty without a log. */
  read(): string;
  /**
   * The lines kept, without their newlines, then new ones as they come while `isActive()`. A last line without a
   * newline comes at the end.
   */
  follow(isActive: () => boolean, signal: AbortSignal): AsyncGenerator<string>;
  /** Tells followers that `isActive` may have changed. */
  notify(): void;
}

/** @param file path of the newer file; the older one is `<file>.1` */
export const createAppLog = (file: string): AppLog => {
  const older = `${file}.1`;
  const changes = createChanges();
  /** Counts files begun, so that a follower knows when its file has been put aside. */
  let generation = 0;
  let atLineStart = true;

  const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

  /** Reads from one file into `decoder` until its end. */
  const readFrom = function* (path: string, offset: number): Generator<Buffer> {
    if (!existsSync(path)) return;
    const fd = openSync(path, "r");
    try {
      let at = offset;
      for (;;) {
        const buffer = Buffer.allocUnsafe(readBytes);
        const count = readSync(fd, buffer, 0, buffer.length, at);
        if (count === 0) return;
        at += count;
        yield buffer.subarray(0, count);
      }
    } finally {
      closeSync(fd);
    }
  };

  let isIncomplete = false;

  const write = (data: Uint8Array) => {
    if (size(file) + data.length > maxFileBytes && size(file) > 0) {
      renameSync(file, older);
      generation += 1;
    }
    const fd = openSync(file, "a", 0o600);
    try {
      writeSync(fd, data);
    } finally {
      closeSync(fd);
    }
    if (data.length > 0) atLineStart = data.at(-1) === 0x0a;
  };

  const noteOf = (text: string) => Buffer.from(`${atLineStart ? "" : "\n"}[k8shell] ${text}\n`);

  const append = (data: Uint8Array) => {
    try {
      if (isIncomplete) write(noteOf("output is missing here: it could not be written"));
      isIncomplete = false;
      write(data);
    } catch {
      isIncomplete = true;
    }
    changes.notify();
  };

  return {
    notify: changes.notify,
    append,
    note: (text) => append(noteOf(text)),
    exists: () => existsSync(file),
    restart() {
      isIncomplete = false;
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        rmSync(older, { force: true });
        closeSync(openSync(file, "w", 0o600));
      } catch {
        isIncomplete = true;
      }
      generation += 2;
      atLineStart = true;
      changes.notify();
    },
    read() {
      const parts = [...readFrom(older, 0), ...readFrom(file, 0)];
      return Buffer.concat(parts).toString("utf8");
    },
    async *follow(isActive, signal) {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      const lines = function* (text: string): Generator<string> {
        rest += text;
        for (;;) {
          const end = rest.indexOf("\n");
          if (end < 0 && rest.length < maxLine) return;
          const cut = end < 0 || end > maxLine ? maxLine : end;
          yield rest.slice(0, cut).replace(/\r$/, "");
          rest = rest.slice(cut === end ? cut + 1 : cut);
        }
      };
      let seen = generation;
      let offset = 0;
      for (const part of readFrom(older, 0)) yield* lines(decoder.write(part));
      for (;;) {
        const active = isActive();
        if (seen !== generation) {
          // What the follower had not read of a file put aside is in the older one now; after two it is lost.
          if (generation === seen + 1)
            for (const part of readFrom(older, offset)) yield* lines(decoder.write(part));
          if (seen !== generation) offset = 0;
          seen = generation;
        }
        for (const part of readFrom(file, offset)) {
          offset += part.length;
          yield* lines(decoder.write(part));
          if (signal.aborted) return;
          // The file may be put aside while a slow client takes its lines.
          if (seen !== generation) break;
        }
        if (seen !== generation || size(file) > offset) continue;
        if (!active || signal.aborted) break;
        // It may have become inactive while a slow client took lines, and then nobody will say so again.
        if (isActive()) await changes.next(signal);
      }
      rest += decoder.end();
      if (rest !== "") yield rest.replace(/\r$/, "");
    },
  };
};
