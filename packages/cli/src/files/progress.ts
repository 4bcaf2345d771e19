import type { Cli } from "../cli.ts";
import { isInteractive } from "../io.ts";
import { bar } from "../output/bar.ts";
import { formatBytes } from "../output/format.ts";
import { cut, plain } from "../output/table.ts";

/** Shows how far a transfer is: a bar for people, a line for each file elsewhere. */
export interface TransferProgress {
  /** More is to be done than was known. */
  add(bytes: number): void;
  /** Bytes that have moved. */
  moved(bytes: number): void;
  /** Bytes that need not be moved: they were there. */
  found(bytes: number): void;
  /** A file is complete. */
  file(name: string, bytes: number): void;
  /** Something was left out. */
  skipped(name: string, why: string): void;
  end(): void;
  readonly files: number;
  readonly bytes: number;
  readonly left: readonly string[];
}

const redrawMs = 100;

const timeText = (seconds: number): string =>
  seconds < 60
    ? `${Math.ceil(seconds)}s`
    : seconds < 3600
      ? `${Math.floor(seconds / 60)}m${String(Math.ceil(seconds % 60)).padStart(2, "0")}s`
      : `${Math.floor(seconds / 3600)}h${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}m`;

export const createProgress = (cli: Cli): TransferProgress => {
  const { stderr } = cli.io;
  const drawn = isInteractive(stderr) && !cli.print.json;
  const began = Date.now();
  let total = 0;
  let done = 0;
  let moved = 0;
  let files = 0;
  let drawnAt = 0;
  const left: string[] = [];

  const draw = (force = false) => {
    if (!drawn || (!force && Date.now() - drawnAt < redrawMs)) return;
    drawnAt = Date.now();
    const seconds = (Date.now() - began) / 1000;
    const rate = seconds > 0 ? moved / seconds : 0;
    const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
    const rest = rate > 0 && done < total ? `, ${timeText((total - done) / rate)} left` : "";
    const line = `${bar(percent)} ${formatBytes(done)} of ${formatBytes(total)}, ${formatBytes(Math.round(rate))}/s${rest}`;
    stderr.write(`\r${cut(line, Math.max(1, (stderr.columns ?? 80) - 1))}\u001b[K`);
  };
  const say = (text: string) => {
    if (cli.print.json) return;
    if (drawn) stderr.write("\r\u001b[K");
    stderr.write(`${text}\n`);
    draw(true);
  };

  return {
    add(bytes) {
      total += bytes;
      draw();
    },
    moved(bytes) {
      moved += bytes;
      done += bytes;
      draw();
    },
    found(bytes) {
      done += bytes;
      draw();
    },
    file(name, bytes) {
      files += 1;
      if (!drawn) say(`${plain(name)}  ${formatBytes(bytes)}`);
    },
    skipped(name, why) {
      left.push(name);
      say(`left out: ${plain(name)} (${why})`);
    },
    end() {
      if (!drawn) return;
      draw(true);
      stderr.write("\r\u001b[K");
    },
    get files() {
      return files;
    },
    get bytes() {
      return done;
    },
    left,
  };
};
