import { type Cast, parseSize } from "./cast.ts";

/** Where a player shows what was recorded. */
export interface PlayerScreen {
  write(data: string): void;
  reset(): void;
  resize(cols: number, rows: number): void;
}

export interface PlayerState {
  readonly playing: boolean;
  /** Seconds since the beginning. */
  readonly position: number;
  readonly speed: number;
}

/** Plays a recording onto a screen in real time, or as many times faster as its speed says. */
export interface Player {
  state(): PlayerState;
  play(): void;
  pause(): void;
  /** Shows the screen as it was at that second. */
  seek(seconds: number): void;
  setSpeed(speed: number): void;
  dispose(): void;
}

/**
 * @param onChange is called when it begins or stops to play, and as it goes on
 * @param now a clock in milliseconds
 */
export const createPlayer = (
  cast: Cast,
  screen: PlayerScreen,
  onChange: () => void,
  now: () => number = () => performance.now(),
): Player => {
  const { events, duration } = cast;
  let next = 0;
  let position = 0;
  let speed = 1;
  let playing = false;
  let since = 0;
  let frame: number | undefined;

  /** Shows everything up to `position`, all output between two sizes at once. */
  const show = () => {
    let output = "";
    for (; next < events.length; next++) {
      const event = events[next];
      if (!event || event.time > position) break;
      if (event.code === "o") output += event.data;
      const size = event.code === "r" ? parseSize(event.data) : undefined;
      if (!size) continue;
      if (output !== "") screen.write(output);
      output = "";
      screen.resize(size.cols, size.rows);
    }
    if (output !== "") screen.write(output);
  };
  const rewind = () => {
    next = 0;
    screen.reset();
    screen.resize(cast.cols, cast.rows);
  };
  const pause = () => {
    if (!playing) return;
    playing = false;
    if (frame !== undefined) cancelAnimationFrame(frame);
    onChange();
  };
  const tick = () => {
    const time = now();
    position = Math.min(duration, position + ((time - since) / 1000) * speed);
    since = time;
    show();
    if (position >= duration) pause();
    else {
      frame = requestAnimationFrame(tick);
      onChange();
    }
  };

  rewind();
  return {
    state: () => ({ playing, position, speed }),
    play() {
      if (playing) return;
      if (position >= duration) {
        position = 0;
        rewind();
      }
      playing = true;
      since = now();
      frame = requestAnimationFrame(tick);
      onChange();
    },
    pause,
    seek(seconds) {
      const target = Math.min(duration, Math.max(0, seconds));
      if (target < position) rewind();
      position = target;
      show();
      onChange();
    },
    setSpeed(value) {
      speed = value;
      onChange();
    },
    dispose() {
      if (frame !== undefined) cancelAnimationFrame(frame);
    },
  };
};
