import type { ServerResponse } from "node:http";

/** Ends an answer whose head is written. */
export type EndAnswer = (response: ServerResponse, body: string | undefined) => void;

/** At once. */
export const endNow: EndAnswer = (response, body) => void response.end(body);

interface Waiting {
  readonly response: ServerResponse;
  readonly body: string | undefined;
}

/**
 * Sends the answers that become ready in one turn of the event loop together, at its end (as Redis does, "before sleep").
 * A write wakes whoever waits for it. The one who reads answers on this machine, a proxy as a rule, falls asleep again while the
 * next answer is made, and being woken for each costs this server more than making it; answers sent in a row find the reader awake.
 * A request that is alone is answered as soon as without.
 * @param most answers that wait: the first of them waits while so many are made
 */
export const createAnswerQueue = (most = 16): EndAnswer => {
  let waiting: Waiting[] = [];

  const send = (): void => {
    const ready = waiting;
    waiting = [];
    for (const { response, body } of ready) response.end(body);
  };

  return (response, body) => {
    if (waiting.length === 0) setImmediate(send);
    waiting.push({ response, body });
    if (waiting.length >= most) send();
  };
};
