import { Code, RpcError } from "./rpc-error.ts";

/** What setTimeout can wait, milliseconds. */
export const longestTimerMs = 0x7fff_ffff;

/** The RpcError that an aborted signal stands for: its reason when that is one, else DeadlineExceeded or Canceled. */
export const abortError = (signal: AbortSignal): RpcError => {
  const reason: unknown = signal.reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") return deadlineExceeded(reason);
  return RpcError.from(reason, Code.Canceled);
};

export const deadlineExceeded = (cause?: unknown): RpcError =>
  new RpcError(Code.DeadlineExceeded, "deadline exceeded", { cause });

/**
 * Calls `onEnd` once, when the client's signal aborts or `timeoutMs` has passed.
 * @returns a function that stops watching; call it when the call is over
 */
export const watchForEnd = (
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  onEnd: (error: RpcError) => void,
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    stop();
    if (signal) onEnd(abortError(signal));
  };
  const stop = () => {
    if (timer) clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  signal?.addEventListener("abort", onAbort);
  if (timeoutMs !== undefined && timeoutMs <= longestTimerMs) {
    timer = setTimeout(() => {
      stop();
      onEnd(deadlineExceeded());
    }, timeoutMs);
  }
  return stop;
};
