import { hash } from "node:crypto";
import { type KvBucket, KvConflictError } from "@k8shell/kv";
import { z } from "zod";
import { ApiError } from "./api-error.ts";
import { type HandlerResult, json } from "./handler.ts";

/** How long a request that has a record but no answer counts as under way, milliseconds; its server may be gone. */
const leaseMs = 3 * 60_000;
const keyPattern = /^[\x21-\x7e]{1,255}$/;

const recordSchema = z.object({
  /** Digest of the request. */
  request: z.string(),
  startedAt: z.number(),
  answer: z.object({ status: z.number(), body: z.unknown() }).optional(),
});
type IdempotencyRecord = z.output<typeof recordSchema>;

/** One request that must not have its effect twice. */
export interface IdempotentRequest {
  /** Header `Idempotency-Key`; undefined: the request is like any other. */
  readonly key: string | string[] | undefined;
  /** Keys of different callers are different. */
  readonly username: string;
  readonly operationId: string;
  /** What was asked for. */
  readonly body: unknown;
}

/**
 * Runs `work` once for a key: whoever repeats the request gets the first one's answer, on every replica, for as long as
 * the bucket keeps it. A request that failed may be repeated.
 * @throws ApiError invalid_parameter for a bad key, unprocessable for the same key with another request, conflict while
 *   the first is under way
 */
export type Idempotent = (
  request: IdempotentRequest,
  work: () => Promise<{ readonly status: number; readonly body: unknown }>,
) => Promise<HandlerResult>;

const digest = (value: unknown): string => hash("sha256", JSON.stringify(value), "hex");

/** Makes it over a bucket whose TTL is how long answers are kept. */
export const createIdempotent =
  (bucket: KvBucket, now: () => number = Date.now): Idempotent =>
  async ({ key, username, operationId, body }, work) => {
    if (key === undefined) {
      const { status, body } = await work();
      return json(status, body);
    }
    if (typeof key !== "string" || !keyPattern.test(key)) {
      throw new ApiError("invalid_parameter", "Idempotency-Key must be 1 to 255 visible ASCII characters.");
    }
    const id = digest([username, operationId, key]);
    const request = digest(body);
    const started: IdempotencyRecord = { request, startedAt: now() };
    let revision: number;
    try {
      revision = await bucket.create(id, JSON.stringify(started));
    } catch (error) {
      if (!(error instanceof KvConflictError)) throw error;
      const entry = await bucket.get(id);
      const known = entry && recordSchema.parse(JSON.parse(entry.value));
      if (known && known.request !== request) {
        throw new ApiError("unprocessable", "This Idempotency-Key was used for another request.");
      }
      if (known?.answer) return json(known.answer.status, known.answer.body);
      if (!entry || !known || known.startedAt > now() - leaseMs) {
        throw new ApiError("conflict", "The first request with this Idempotency-Key is still under way.");
      }
      revision = await bucket.update(id, JSON.stringify(started), entry.revision);
    }
    let answer: Awaited<ReturnType<typeof work>>;
    try {
      answer = await work();
    } catch (error) {
      await bucket.delete(id, revision).catch(() => undefined);
      throw error;
    }
    // It is done: that it could not be noted down must not look like a failure.
    await bucket.update(id, JSON.stringify({ ...started, answer }), revision).catch(() => undefined);
    return json(answer.status, answer.body);
  };
