import type { LiveConnections } from "../live/live-connections.ts";
import type { AccountLocks } from "./account-locks.ts";
import type { PatResolver } from "./pat-resolver.ts";
import type { WebSessions } from "./web-sessions.ts";

/** What routes that change accounts and tokens must tell the gateway, so that it takes effect at once. */
export interface AccountControl {
  /** Ends every web session, user JWT and live connection of a user: after a role, organization or password change. */
  revokeUser(username: string): Promise<void>;
  /** Locks or unlocks an account. */
  setLocked(username: string, locked: boolean): Promise<void>;
  /** A token was deleted, deactivated or changed. `preview`: its first 13 characters; without, all of the user's. */
  forgetToken(username: string, preview?: string): void;
}

export interface AccountControlDeps {
  locks: AccountLocks;
  pats: PatResolver;
  sessions: WebSessions;
  live: Pick<LiveConnections, "closeWhere">;
}

const reason = "signed out";

/** Connects revocation with everything that remembers who somebody is: caches and live connections. */
export const createAccountControl = ({ locks, pats, sessions, live }: AccountControlDeps): AccountControl => {
  // Runs for changes made by other replicas too.
  locks.onChange((username) => {
    pats.forget(username);
    sessions.forget(username);
    live.closeWhere(
      (connection) =>
        connection.username === username &&
        (locks.isLocked(username) || locks.isRevoked(username, connection.openedAt)),
      reason,
    );
  });
  sessions.onEnd((sessionId) => {
    live.closeWhere((connection) => connection.sessionId === sessionId, reason);
  });
  return {
    revokeUser: (username) => locks.revoke(username),
    setLocked: (username, locked) => locks.setLocked(username, locked),
    forgetToken(username, preview) {
      pats.forget(username, preview);
      live.closeWhere(
        (connection) =>
          connection.username === username &&
          connection.tokenDigest !== undefined &&
          (preview === undefined || connection.tokenPreview === preview),
        reason,
      );
    },
  };
};
