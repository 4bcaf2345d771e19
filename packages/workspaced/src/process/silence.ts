/** How often it is looked while silence lasts. */
const looks = 5;

/** Waits for silence. */
export interface SilenceWatch {
  /** There was something: the silence begins anew. */
  heard(): void;
  stop(): void;
}

/**
 * Calls `onSilence`, once, when nothing was heard for a while. Turns of the event loop count, not the clock alone: a process that
 * had no processor for a second has not read what waits in its pipes, and that is no silence. Timers run before that is read, so
 * the last look comes behind it.
 * @param silenceMs milliseconds
 * @param isBusy true: whatever is not heard now is not silence
 */
export const watchSilence = (
  silenceMs: number,
  onSilence: () => void,
  isBusy: () => boolean = () => false,
): SilenceWatch => {
  let quiet = 0;
  let last: NodeJS.Immediate | undefined;
  const timer = setInterval(() => {
    quiet = isBusy() ? 0 : quiet + 1;
    if (quiet >= looks) last ??= setImmediate(lookAgain);
  }, silenceMs / looks);
  const stop = () => {
    clearInterval(timer);
    clearImmediate(last);
  };
  const lookAgain = () => {
    last = undefined;
    if (quiet < looks || isBusy()) return;
    stop();
    onSilence();
  };
  return {
    heard() {
      quiet = 0;
    },
    stop,
  };
};
