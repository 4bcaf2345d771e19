/**
 * What a terminal does when its user interrupts a flood that the client cannot keep up with. The kernel's terminal
 * drops its queued output on an interrupt; the megabytes that are queued behind it, on the way through the workspace's
 * stream, would otherwise still be shown for as long as a slow line takes. They are dropped as well, up to the moment
 * the flood has stopped; its last lines, with the prompt, are kept.
 */
export interface InterruptSkip {
  readonly active: boolean;
  /** Begins to drop. */
  begin(): void;
  /** Takes a chunk instead of the client. */
  drop(chunk: Uint8Array): void;
  /** Stops dropping now: at the end of the stream. */
  end(): void;
}

export interface InterruptSkipOptions {
  /** Gets a notice and the last lines when the flood has stopped. */
  show(text: Uint8Array): void;
  /** Silence that counts as the end of the flood, milliseconds (default 50). */
  silenceMs?: number;
  /** A program that takes no notice of the interrupt is shown again after this, milliseconds (default 1 000). */
  longestMs?: number;
  /** Bytes of output kept (default 4 KiB). */
  keptBytes?: number;
}

/** Did the user type just the interrupt or quit key? Within a paste they are text. */
export const isInterrupt = (input: string): boolean => input === "\x03" || input === "\x1c";

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
const newline = 0x0a;

export const createInterruptSkip = ({
  show,
  silenceMs = 50,
  longestMs = 1_000,
  keptBytes = 4096,
}: InterruptSkipOptions): InterruptSkip => {
  let active = false;
  let kept: Buffer = Buffer.alloc(0);
  let dropped = 0;
  let silence: NodeJS.Timeout | undefined;
  let limit: NodeJS.Timeout | undefined;

  const end = () => {
    if (!active) return;
    active = false;
    clearTimeout(silence);
    clearTimeout(limit);
    if (dropped === 0) return;
    // From a whole line on: what comes before it may be half a character or half a control sequence.
    const from = dropped > kept.length ? kept.indexOf(newline) + 1 : 0;
    const skipped = dropped - (kept.length - from);
    // CAN ends a control sequence that was cut, and colours are reset.
    const notice = skipped > 0 ? `\x18\x1b[m\r\n[${megabytes(skipped)} MB of output skipped]\r\n` : "";
    show(Buffer.concat([Buffer.from(notice), kept.subarray(from)]));
    kept = Buffer.alloc(0);
    dropped = 0;
  };

  return {
    get active() {
      return active;
    },
    begin() {
      if (active) return;
      active = true;
      silence = setTimeout(end, silenceMs);
      limit = setTimeout(end, longestMs);
    },
    drop(chunk) {
      dropped += chunk.length;
      const last = chunk.subarray(Math.max(0, chunk.length - keptBytes));
      kept = Buffer.concat([kept, last]).subarray(-keptBytes);
      silence?.refresh();
    },
    end,
  };
};
