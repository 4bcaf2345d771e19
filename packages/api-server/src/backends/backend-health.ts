import { Code, RpcError } from "@k8shell/rpc";
import type { BackendHealth } from "../routes/health.ts";

/** One thing whose health is asked, and how. */
export interface HealthProbe {
  readonly mode: "embedded" | "remote";
  /** More about its state, asked each time. */
  readonly detail?: () => string | undefined;
  /** Absent: switched off by the configuration. */
  readonly ask?: (timeoutMs: number) => Promise<unknown>;
}

const timeoutMs = 1_000;

/** An answer is an answer, even a refusal, unless it is one to this server altogether; else only silence means down. */
const isSilence = (error: unknown): boolean =>
  !(error instanceof RpcError) ||
  error.code === Code.Unavailable ||
  error.code === Code.DeadlineExceeded ||
  error.code === Code.Canceled;

const askOne = async ({ mode, detail, ask }: HealthProbe): Promise<BackendHealth> => {
  if (!ask) return { status: "disabled", mode, detail: detail?.() };
  try {
    await ask(timeoutMs);
  } catch (error) {
    if (error instanceof RpcError && error.code === Code.Unauthenticated) {
      return { status: "down", mode, detail: "does not accept this server's credentials" };
    }
    if (isSilence(error)) return { status: "down", mode, detail: detail?.() };
  }
  return { status: "ok", mode, detail: detail?.() };
};

/**
 * Asks every backend, all at once; an answer is kept for `cacheMs` milliseconds, so that probes cannot be used to
 * burden the services behind.
 */
export const createBackendHealth = (
  probes: Readonly<Record<string, HealthProbe>>,
  cacheMs = 1_000,
): (() => Promise<Readonly<Record<string, BackendHealth>>>) => {
  let answer: Promise<Readonly<Record<string, BackendHealth>>> | undefined;
  let askedAt = 0;
  return () => {
    if (!answer || Date.now() - askedAt > cacheMs) {
      askedAt = Date.now();
      answer = Promise.all(
        Object.entries(probes).map(async ([name, probe]) => [name, await askOne(probe)] as const),
      ).then((rows) => Object.fromEntries(rows));
    }
    return answer;
  };
};
