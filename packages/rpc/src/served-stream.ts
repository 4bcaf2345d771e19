import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { ServedCall } from "./call-context.ts";
import { toMessage } from "./method-table.ts";

/**
 * Runs the implementation of a streaming response: pulls one message after the other and hands it on.
 * When the call ends early the implementation's iterator is told to `return()`.
 * @param start calls the implementation
 * @param write takes a message; true (or a promise of it) asks for the next, false ends the stream
 * @throws what the implementation throws
 */
export const pumpResponses = async (
  method: DescMethod,
  call: ServedCall,
  start: () => AsyncIterable<unknown>,
  write: (message: Message) => boolean | Promise<boolean>,
): Promise<void> => {
  const iterator = start()[Symbol.asyncIterator]();
  const leave = () => leaveIterator(iterator);
  call.onEnd(leave);
  for (;;) {
    const next = await iterator.next();
    if (next.done || call.ended) return;
    let more = write(toMessage(method.output, next.value));
    if (typeof more !== "boolean") more = await more;
    if (!more) {
      leave();
      return;
    }
  }
};

/** Tells an iterator that nobody reads on, without waiting for it: it may be in the middle of something. */
export const leaveIterator = (iterator: AsyncIterator<unknown>): void => {
  // What it throws while being left concerns a call that is already over.
  const ignore = () => undefined;
  try {
    iterator.return?.().then(ignore, ignore);
  } catch {
    ignore();
  }
};
