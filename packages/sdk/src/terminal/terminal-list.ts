import { K8shellError } from "../error.ts";
import type { ListedTerminalView } from "./types.ts";

type List = readonly ListedTerminalView[];

/** Questions for the list of terminals; the answers have no numbers, but any answer is one to all who wait. */
export interface TerminalList {
  /** @param send asks the server */
  ask(signal: AbortSignal | undefined, send: () => Promise<void>): Promise<List>;
  answer(list: List): void;
  disconnected(): void;
  ended(error: K8shellError): void;
}

export const createTerminalList = (): TerminalList => {
  const waiting = new Set<PromiseWithResolvers<List>>();
  const reject = (error: K8shellError) => {
    for (const { reject: fail } of waiting) fail(error);
  };
  return {
    async ask(signal, send) {
      signal?.throwIfAborted();
      const answer = Promise.withResolvers<List>();
      const abort = () => answer.reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      waiting.add(answer);
      send().catch(answer.reject);
      try {
        return await answer.promise;
      } finally {
        waiting.delete(answer);
        signal?.removeEventListener("abort", abort);
      }
    },
    answer(list) {
      for (const { resolve } of waiting) resolve(list);
    },
    disconnected() {
      reject(
        new K8shellError("The connection was lost before the answer.", { status: 0, code: "network_error" }),
      );
    },
    ended: reject,
  };
};
