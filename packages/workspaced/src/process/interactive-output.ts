import type { Readable } from "node:stream";
import type { ProcessEvents } from "./interactive-process.ts";
import { type SilenceWatch, watchSilence } from "./silence.ts";

/** How long output may stay silent after its process ended, while something else holds it open, milliseconds. */
const silenceMs = 100;

/** The output of an interactive process on its way to the process's owner. */
export interface InteractiveOutput {
  /** To be called with everything that is read. */
  take(chunk: Uint8Array): void;
  /** Nothing more can be read. */
  readonly closed: boolean;
  readonly exited: boolean;
  pause(): void;
  resume(): void;
  /** To be called when the process ended; what it wrote is still delivered, however slowly it is taken. */
  exit(code: number): void;
}

/**
 * Follows `stream` until the process behind it ended and all its output was delivered, then calls `onEnd` once. A program
 * left in the background can hold the stream open for ever: after the process's end, silence is the end.
 */
export const followInteractiveOutput = (
  stream: Readable,
  { onData, onEnd }: ProcessEvents,
): InteractiveOutput => {
  let exited = false;
  let exitCode = 0;
  let closed = false;
  let ended = false;
  let paused = false;
  let silence: SilenceWatch | undefined;

  const finish = () => {
    if (!exited || !closed || ended) return;
    ended = true;
    onEnd(exitCode);
  };
  stream.on("close", () => {
    closed = true;
    silence?.stop();
    finish();
  });

  return {
    take(chunk) {
      silence?.heard();
      onData(chunk);
    },
    get closed() {
      return closed;
    },
    get exited() {
      return exited;
    },
    pause() {
      paused = true;
      stream.pause();
    },
    resume() {
      paused = false;
      stream.resume();
    },
    exit(code) {
      exited = true;
      exitCode = code;
      if (!closed)
        silence = watchSilence(
          silenceMs,
          () => stream.destroy(),
          () => paused,
        );
      finish();
    },
  };
};
