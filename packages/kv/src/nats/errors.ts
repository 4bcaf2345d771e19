import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { KvConflictError, KvUnavailableError } from "../types.ts";

/** Settings with which NATS can never be used; the message says what to change. */
export class NatsSettingsError extends Error {
  override readonly name = "NatsSettingsError";
}

/** "wrong last sequence": another writer was quicker. NATS 2.11 has a second code for it. */
const conflictCodes = new Set([10071, 10164]);

const codeOf = (error: unknown): number | undefined =>
  error instanceof JetStreamApiError ? error.code : undefined;

/** Did a server that is no cluster refuse several replicas? */
export const isNoCluster = (error: unknown): boolean => codeOf(error) === 10074;

/** Has the cluster too few servers for the replicas, perhaps because some are still starting? */
export const isTooSmallCluster = (error: unknown): boolean => codeOf(error) === 10005;

/** Is the bucket gone, as when the server lost its data? A publish then finds nobody who listens. */
export const isBucketGone = (error: unknown): boolean =>
  codeOf(error) === 10059 ||
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders());

/** Another client made the bucket at the same time, with other settings. */
export const isAlreadyMade = (error: unknown): boolean => codeOf(error) === 10058;

/** Did the server refuse the credentials? */
export const isRefusedLogin = (error: unknown): boolean =>
  error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;

/** What a caller of the store is told. Anything that is neither a conflict nor a fault of the caller is "unavailable". */
export const toKvError = (error: unknown): Error => {
  if (error instanceof KvConflictError || error instanceof KvUnavailableError || error instanceof TypeError) {
    return error;
  }
  if (conflictCodes.has(codeOf(error) ?? 0)) {
    return new KvConflictError("the entry was changed by another writer", { cause: error });
  }
  if (error instanceof errors.InvalidArgumentError) {
    return new RangeError("the value is larger than NATS takes (max_payload)", { cause: error });
  }
  return new KvUnavailableError("the key-value store cannot be used", { cause: error });
};
