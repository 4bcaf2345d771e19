import { afterOwnTime } from "@k8shell/contract";
import { KvUnavailableError } from "../types.ts";

/**
 * The answer of `work`, or KvUnavailableError after `ms` milliseconds; what comes later is dropped.
 * @param detail what was waited for, for the log
 */
export const within = async <T>(ms: number, detail: string, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const stopWaiting = afterOwnTime(ms, () =>
    late.reject(new KvUnavailableError(`the key-value store did not answer in time: ${detail}`)),
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    stopWaiting();
  }
};
