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
 * had no processor for a second has not read what waits in its pipes, and that is no silence.
 * @param silenceMs milliseconds
 * @param isBusy true: whatever is not heard now is not silence
 */
export const watchSilence = (
  silenceMs: number,
  onSilence: () => void,
  isBusy: () => boolean = () => false,
): SilenceWatch => {
  let quiet = 0;
  const timer = setInterval(() => {
    quiet = isBusy() ? 0 : quiet + 1;
    if (quiet < looks) return;
    clearInterval(timer);
    onSilence();
  }, silenceMs / looks);
  return {
    heard() {
      quiet = 0;
    },
    stop: () => clearInterval(timer),
  };
};
