import type { TerminalScreen, TerminalSize } from "../src/index.ts";

/** A screen that keeps what it was given since the last reset, and renders at once or when told to. */
export const createRecordingScreen = ({ renders = true } = {}) => {
  let parts: Buffer[] = [];
  let held: (() => void)[] = [];
  let wake = Promise.withResolvers<void>();
  let resets = 0;
  let repeated = 0;
  const sizes: TerminalSize[] = [];
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const screen: TerminalScreen = {
    write(data, rendered, isRepeated) {
      if (isRepeated) repeated += data.length;
      parts.push(Buffer.from(data));
      if (renders) rendered();
      else held.push(rendered);
      changed();
    },
    reset(size) {
      resets += 1;
      parts = [];
      if (size) sizes.push(size);
      changed();
    },
    resize(size) {
      sizes.push(size);
      changed();
    },
  };
  const bytes = () => {
    if (parts.length > 1) parts = [Buffer.concat(parts)];
    return parts[0] ?? Buffer.alloc(0);
  };
  const text = () => bytes().toString("utf8");
  const until = async (condition: () => boolean) => {
    while (!condition()) await wake.promise;
  };
  return {
    screen,
    bytes,
    text,
    sizes,
    /** Bytes that were told to be from before. */
    get repeated() {
      return repeated;
    },
    get resets() {
      return resets;
    },
    until,
    shows: (wanted: string) => until(() => text().includes(wanted)),
    /** Renders what was held back. */
    render() {
      const all = held;
      held = [];
      for (const rendered of all) rendered();
    },
  };
};
