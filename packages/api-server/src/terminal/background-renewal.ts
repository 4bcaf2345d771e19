import type { Screen } from "./screen.ts";

/** Share of the processor's time that pictures may take. */
const share = 0.05;

/**
 * Makes new pictures of screens beside the output: one at a time, the longest waiting first, within a twentieth of the
 * processor's time. The first after a while is made at once.
 */
export const createBackgroundRenewal = () => {
  const wanted = new Set<Screen>();
  let timer: NodeJS.Timeout | undefined;
  let notBefore = 0;
  let running = false;

  const run = async () => {
    timer = undefined;
    const [screen] = wanted;
    if (!screen) return;
    wanted.delete(screen);
    const began = performance.now();
    running = true;
    await screen.renew().catch(() => undefined);
    running = false;
    const ended = performance.now();
    notBefore = ended + (ended - began) * (1 / share - 1);
    if (wanted.size > 0) schedule();
  };
  const schedule = () => {
    const wait = notBefore - performance.now();
    if (wait <= 0) {
      void run();
      return;
    }
    timer = setTimeout(() => void run(), wait);
    timer.unref();
  };

  return {
    later(screen: Screen) {
      if (wanted.has(screen)) return;
      wanted.add(screen);
      if (!timer && !running) schedule();
    },
    /** Its terminal is over: nobody asks for the picture, and what it would be made of can go. */
    forget(screen: Screen) {
      wanted.delete(screen);
    },
    close() {
      clearTimeout(timer);
      wanted.clear();
    },
  };
};
