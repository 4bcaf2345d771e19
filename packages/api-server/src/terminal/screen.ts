import type { ByteRing } from "./byte-ring.ts";
import { type EmulatorStep, emulate, prepareEmulator } from "./emulator.ts";
import { createModeSkimmer } from "./mode-skimmer.ts";
import type { TerminalSize } from "./shell-opener.ts";
import { wholeLength } from "./whole-output.ts";

/** What a terminal shows after all output before `offset`. */
export interface ScreenSnapshot extends TerminalSize {
  readonly offset: number;
  /** Makes a fresh terminal of this size show it. */
  readonly text: string;
}

/**
 * The screen of a terminal, for clients that missed more output than is kept. No emulator runs beside the terminal: a
 * picture from earlier is kept, with everything printed since in the ring, and an emulator is made when the screen is
 * asked for. Before the ring overtakes the picture a newer one should be made (`renew`); in a flood, which is too fast
 * for that, only mode switches are taken from what is lost: the kept output is many screens long.
 */
export interface Screen {
  /** The picture as it is kept. */
  readonly base: ScreenSnapshot;
  /** Call before output is pushed into the ring. */
  beforePush(length: number): void;
  resized(size: TerminalSize): void;
  /** Is a newer picture wanted, before output is lost to it? */
  readonly stale: boolean;
  /** Has output been lost since the picture? Then a newer one is wanted once the flood is over. */
  readonly lossy: boolean;
  /** Makes the picture of now. */
  renew(): Promise<ScreenSnapshot>;
}

/** Ends a control sequence that may be cut at the beginning of what is kept. */
const cancel = "\x18";
/** Where a control sequence or a line begins, in output that may begin within one. */
const wholeFrom = (bytes: Buffer): number => {
  const found = bytes.subarray(0, 4096).findIndex((byte) => byte === 0x1b || byte === 0x0a);
  return Math.max(found, 0);
};

/** In a flood pictures are old at once: they get this share of the time, so that output has the rest. */
const pictureShare = 0.1;
/** Sizes kept since the picture; more are merged. */
const maxResizes = 100;

export interface ScreenOptions {
  readonly ring: ByteRing;
  readonly capacity: number;
  readonly size: TerminalSize;
  /** A picture from an earlier attachment; its offset may be outside of what the ring will have. */
  readonly base?: ScreenSnapshot;
}

export const createScreen = ({ ring, capacity, size, base: earlier }: ScreenOptions): Screen => {
  prepareEmulator();
  let base: ScreenSnapshot = earlier ?? { ...size, offset: ring.head, text: "" };
  let resizes: Array<{ offset: number; size: TerminalSize }> = [];
  const skimmer = createModeSkimmer();
  let gap = false;
  let nextAt = 0;
  let making: Promise<ScreenSnapshot> | undefined;

  const make = async (): Promise<ScreenSnapshot> => {
    const began = performance.now();
    // A picture of an earlier attachment that ends before what is kept, or that is ahead of it: only while attaching.
    const from = Math.min(Math.max(base.offset, ring.start), ring.head);
    const steps: EmulatorStep[] = [{ data: base.text }];
    const kept = ring.read(from);
    // The rest of a control sequence that is cut at the end comes behind the picture, which cannot tell of its beginning.
    const bytes = kept.subarray(0, wholeLength(kept));
    const offset = from + bytes.length;
    let at = from;
    if (gap) {
      steps.push({ data: cancel + skimmer.take() });
      at += wholeFrom(bytes);
      gap = false;
    }
    const applied = resizes;
    resizes = [];
    for (const resize of applied) {
      const next = Math.min(Math.max(at, resize.offset), offset);
      if (next > at) steps.push({ data: bytes.subarray(at - from, next - from) });
      at = next;
      steps.push({ size: resize.size });
    }
    steps.push({ data: bytes.subarray(at - from) });
    const last = applied.at(-1)?.size ?? base;
    const text = await emulate(base, steps);
    const made = { cols: last.cols, rows: last.rows, offset, text };
    base = made;
    const now = performance.now();
    nextAt = now + (now - began) / pictureShare;
    return made;
  };

  return {
    get base() {
      return base;
    },
    beforePush(length) {
      const lost = ring.head + length - capacity;
      if (lost <= base.offset) return;
      const from = Math.max(base.offset, ring.start);
      // While a picture is made its bytes are no longer needed, but those behind them may be.
      if (lost > from) {
        for (const part of ring.view(from, Math.min(lost, ring.head))) skimmer.push(part);
      }
      gap = true;
      base = { ...base, offset: Math.min(lost, ring.head) };
    },
    resized(to) {
      const last = resizes.at(-1);
      if (last && (last.offset === ring.head || resizes.length >= maxResizes)) resizes.pop();
      resizes.push({ offset: ring.head, size: to });
    },
    get stale() {
      return !gap && ring.head - base.offset > capacity / 2 && performance.now() >= nextAt;
    },
    get lossy() {
      return gap;
    },
    renew() {
      making ??= make().finally(() => {
        making = undefined;
      });
      return making;
    },
  };
};
