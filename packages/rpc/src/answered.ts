import type { Message } from "@bufbuild/protobuf";

const response = Symbol("response");

/** A promise of a response that is there already. */
export const answered = <M extends Message>(message: M): Promise<M> =>
  Object.assign(Promise.resolve(message), { [response]: message });

/**
 * The response of a unary call that was answered at once, as calls in this process are that are served from memory; undefined:
 * wait for it. For what happens on the way of every request: a promise that is waited for costs it several turns of the
 * microtask queue.
 */
export const responseOf = <M extends Message>(
  call: Promise<M> & { readonly [response]?: M },
): M | undefined => call[response];
