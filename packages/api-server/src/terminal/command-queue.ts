/** Runs explorer commands a few at a time. */
export interface CommandQueue {
  /** False when too many wait already. */
  add(command: () => Promise<void>): boolean;
  readonly running: number;
}

/** Commands that run at the same time, and that may wait. */
const concurrency = 4;
const maxWaiting = 64;

export const createCommandQueue = (): CommandQueue => {
  const waiting: Array<() => Promise<void>> = [];
  let running = 0;
  const next = () => {
    const command = running < concurrency ? waiting.shift() : undefined;
    if (!command) return;
    running += 1;
    void command().finally(() => {
      running -= 1;
      next();
    });
  };
  return {
    add(command) {
      if (waiting.length >= maxWaiting) return false;
      waiting.push(command);
      next();
      return true;
    },
    get running() {
      return running;
    },
  };
};
