import { type Rule, refused } from "./finding.ts";

/** A lock that expired before the sessions it ended would let them in again (grpc-behaviour section 3). */
export const natsLockTtl: Rule = ({ config: { nats, webSession } }) =>
  nats.lockedUsersTtlSeconds > 0 && nats.lockedUsersTtlSeconds < webSession.absoluteSeconds
    ? [
        refused(
          "nats.lockedUsersTtlSeconds",
          `is shorter than a web session (${webSession.absoluteSeconds} seconds), which a lock must outlive`,
          "Set it to 0, or to no less than webSession.absoluteSeconds",
        ),
      ]
    : [];
