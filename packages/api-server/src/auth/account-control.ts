import type { Upgrades } from "../http/upgrades.ts";
import { closeCode } from "../http/websocket.ts";
import type { AccountLocks } from "./account-locks.ts";
import type { PatResolver } from "./pat-resolver.ts";
import type { WebSessions } from "./web-sessions.ts";

/** What routes that change accounts and tokens must tell the gateway, so that it takes effect at once. */
export interface AccountControl {
  /** Ends every web session, user JWT and open WebSocket of a user: after a role, organization or password change. */
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
  upgrades: Pick<Upgrades, "closeWhere">;
}

const reason = "signed out";

/** Connects revocation with everything that remembers who somebody is: caches and open sockets. */
export const createAccountControl = ({
  locks,
  pats,
  sessions,
  upgrades,
}: AccountControlDeps): AccountControl => {
  // Runs for changes made by other replicas too.
  locks.onChange((username) => {
    pats.forget(username);
    sessions.forget(username);
    upgrades.closeWhere(
      ({ principal, openedAt }) =>
        principal?.username === username && (locks.isLocked(username) || locks.isRevoked(username, openedAt)),
      closeCode.policyViolation,
      reason,
    );
  });
  sessions.onEnd((sessionId) => {
    upgrades.closeWhere(
      ({ principal }) =>
        principal?.credential.kind === "session" && principal.credential.sessionId === sessionId,
      closeCode.policyViolation,
      reason,
    );
  });
  return {
    revokeUser: (username) => locks.revoke(username),
    setLocked: (username, locked) => locks.setLocked(username, locked),
    forgetToken(username, preview) {
      pats.forget(username, preview);
      upgrades.closeWhere(
        ({ principal }) =>
          principal?.username === username &&
          principal.credential.kind === "pat" &&
          (preview === undefined || principal.credential.preview === preview),
        closeCode.policyViolation,
        reason,
      );
    },
  };
};
