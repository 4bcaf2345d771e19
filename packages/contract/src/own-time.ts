/** A timer that fires so much later than it should had no processor, milliseconds. */
const lateMs = 50;
/** Turns of the event loop that such a process then has to read what waits for it, and how far they are apart, milliseconds. */
const turns = 5;
const apartMs = 50;

/**
 * Calls `onOver`, once, when a peer has had its time. Timers run before what waits in sockets is read: a server that had no
 * processor for a while reads that first, lest it take its own absence for the peer's silence.
 * @param ms milliseconds
 * @returns a function that stops waiting
 */
export const afterOwnTime = (ms: number, onOver: () => void): (() => void) => {
  const due = performance.now() + ms;
  let immediate: NodeJS.Immediate | undefined;
  const wait = (forMs: number, left: number): NodeJS.Timeout =>
    setTimeout(() => {
      if (left > 0) timer = wait(apartMs, left - 1);
      // Behind what is read in this turn.
      else immediate = setImmediate(onOver);
    }, forMs);
  let timer = setTimeout(() => {
    if (performance.now() - due >= lateMs) timer = wait(apartMs, turns - 1);
    else immediate = setImmediate(onOver);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
};
