import type { Position, Welcome } from "./dialect.ts";
import type { TerminalScreen, TerminalSize } from "./types.ts";

/** Brings output to the screen in order, knows where the client stands, and acknowledges what is rendered. */
export interface Output {
  /** What the screen has; undefined: nothing that can be gone on from. */
  readonly position: Position | undefined;
  readonly hasScreen: boolean;
  /** Another screen, that shows nothing yet. */
  attach(screen: TerminalScreen): void;
  /** A connection with numbered output begins. */
  begin(welcome: Welcome): void;
  /** A connection without numbers begins: the server repeats what it keeps. */
  beginUnnumbered(): void;
  /** @throws Error when bytes are missing before these */
  output(offset: number | undefined, data: Uint8Array): void;
  snapshot(offset: number, size: TerminalSize, data: Uint8Array): void;
  resized(size: TerminalSize): void;
  /** Ends timers. */
  stop(): void;
}

/** Of the window, how much may be rendered before the server is told; and how long less of it may wait, milliseconds. */
const share = 8;
const laterMs = 50;

/**
 * @param acknowledge tells the server up to where output is on the screen
 */
export const createOutput = (acknowledge: (offset: number) => void): Output => {
  let screen: TerminalScreen | undefined;
  let position: Position | undefined;
  let shown = false;
  // What a shell that existed sends at first is what it printed before: up to where the server had it, and what comes with
  // that before all is rendered, which a server may have got from the workspace only now.
  let isRepeated = false;
  let head = 0;
  let rendering = 0;
  // Counts streams: what is still being rendered of an older one is not acknowledged in the new one.
  let epoch = 0;
  let window = 0;
  let acknowledged = 0;
  let rendered = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = () => {
    clearTimeout(timer);
    timer = undefined;
    if (rendered <= acknowledged) return;
    acknowledged = rendered;
    acknowledge(rendered);
  };
  const write = (data: Uint8Array, upTo: number) => {
    const mine = epoch;
    rendering += 1;
    const done = () => {
      if (mine !== epoch) return;
      rendering -= 1;
      if (rendering === 0 && upTo >= head) isRepeated = false;
      rendered = Math.max(rendered, upTo);
      if (rendered - acknowledged >= window / share) tell();
      else timer ??= setTimeout(tell, laterMs);
    };
    screen?.write(data, done, isRepeated);
  };
  const reset = (size?: TerminalSize) => {
    epoch += 1;
    rendering = 0;
    if (shown) screen?.reset(size);
    else if (size) screen?.resize?.(size);
    shown = false;
  };

  return {
    get position() {
      return position;
    },
    get hasScreen() {
      return screen !== undefined;
    },
    attach(next) {
      epoch += 1;
      screen = next;
      position = undefined;
      shown = false;
    },
    begin(welcome) {
      const { stream, offset } = welcome;
      window = welcome.window;
      if (position?.stream !== stream || position.offset !== offset) {
        reset();
        rendered = offset;
        isRepeated = welcome.info.reattached;
        head = welcome.head;
      }
      position = { stream, offset };
      acknowledged = offset;
    },
    beginUnnumbered() {
      position = undefined;
      head = 0;
      isRepeated = shown;
      reset();
    },
    output(offset, data) {
      shown = true;
      if (offset === undefined || !position) {
        write(data, 0);
        return;
      }
      if (offset !== position.offset) throw new Error(`output at ${offset}, not ${position.offset}`);
      position = { stream: position.stream, offset: offset + data.length };
      write(data, position.offset);
    },
    snapshot(offset, size, data) {
      if (!position) return;
      reset(size);
      shown = true;
      position = { stream: position.stream, offset };
      rendered = acknowledged;
      write(data, offset);
    },
    resized(size) {
      screen?.resize?.(size);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
