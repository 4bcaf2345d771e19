import { KvUnavailableError } from "../types.ts";

/** A timer that fires so much later than it should had no processor, milliseconds. */
const lateMs = 50;
/** Turns of the event loop that such a process then has to read the answer that may wait, and how far they are apart. */
const turns = 5;
const apartMs = 50;

/**
 * The answer of `work`, or KvUnavailableError after `ms` milliseconds; what comes later is dropped. Timers run before what
 * waits in a connection is read: a process that had no processor for a while does that first.
 * @param detail what was waited for, for the log
 */
export const within = async <T>(ms: number, detail: string, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const due = performance.now() + ms;
  const fail = () =>
    late.reject(new KvUnavailableError(`the key-value store did not answer in time: ${detail}`));
  const wait = (left: number): NodeJS.Timeout =>
    setTimeout(() => {
      if (left > 0) timer = wait(left - 1);
      else fail();
    }, apartMs);
  let timer = setTimeout(() => {
    if (performance.now() - due >= lateMs) timer = wait(turns);
    else fail();
  }, ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
};
