import type { LiveConnections } from "../live/live-connections.ts";
import type { Revocations } from "../live/revocations.ts";
import type { AccountLocks } from "./account-locks.ts";
import type { PatResolver } from "./pat-resolver.ts";
import type { WebSessions } from "./web-sessions.ts";

/** What routes that take something away must tell the gateway, so that it takes effect at once and on every replica. */
export interface AccountControl {
  /** Ends every web session, user JWT and live connection of a user: after a role, organization or password change. */
  revokeUser(username: string): Promise<void>;
  /** Locks or unlocks an account. */
  setLocked(username: string, locked: boolean): Promise<void>;
  /** An account was made: its name may be one that was locked. */
  userCreated(username: string, locked: boolean): Promise<void>;
  /** An account was deleted: ends what `revokeUser` ends, and the lock with it. */
  userDeleted(username: string): Promise<void>;
  /** A token was deleted, deactivated or changed. `preview`: its first 13 characters; without, all of the user's. */
  forgetToken(username: string, preview?: string): Promise<void>;
  /** A workspace was stopped or deleted: nothing leads to it any more. */
  closeWorkspace(name: string): Promise<void>;
  /** Closes one connection of a user, wherever it is. */
  closeConnection(id: string, username: string): Promise<void>;
  /** What people may do has changed: every live connection is checked again. */
  policyChanged(): Promise<void>;
}

export interface AccountControlDeps {
  locks: AccountLocks;
  pats: PatResolver;
  sessions: WebSessions;
  live: Pick<LiveConnections, "closeWhere" | "recheck">;
  revocations: Revocations;
}

const signedOut = "signed out";

/** Connects revocation with everything that remembers who somebody is: caches and live connections. */
export const createAccountControl = ({
  locks,
  pats,
  sessions,
  live,
  revocations,
}: AccountControlDeps): AccountControl => {
  // Each of these runs for changes made by other replicas too.
  locks.onChange((username) => {
    pats.forget(username);
    sessions.forget(username);
    live.closeWhere(
      (connection) =>
        connection.username === username &&
        (locks.isLocked(username) || locks.isRevoked(username, connection.openedAt)),
      signedOut,
    );
  });
  sessions.onEnd((sessionId) => {
    live.closeWhere((connection) => connection.sessionId === sessionId, signedOut);
  });
  revocations.onRevocation((what, at) => {
    switch (what.kind) {
      case "token":
        pats.forget(what.username, what.preview);
        live.closeWhere(
          ({ username, tokenDigest, tokenPreview, openedAt }) =>
            username === what.username &&
            tokenDigest !== undefined &&
            (what.preview === undefined || tokenPreview === what.preview) &&
            openedAt <= at,
          "the access token was revoked or changed",
        );
        break;
      case "workspace":
        live.closeWhere(
          ({ workspace, openedAt }) => workspace === what.name && openedAt <= at,
          "the workspace was stopped",
        );
        break;
      case "connection":
        live.closeWhere(
          ({ id, username }) => id === what.id && username === what.username,
          "closed by an administrator or the user",
        );
        break;
      case "policy":
        void live.recheck();
        break;
    }
  });
  return {
    revokeUser: (username) => locks.revoke(username),
    setLocked: (username, locked) => locks.setLocked(username, locked),
    async userCreated(username, locked) {
      if (locked || locks.isLocked(username)) await locks.setLocked(username, locked);
    },
    userDeleted: (username) => locks.remove(username),
    forgetToken: (username, preview) => revocations.tell({ kind: "token", username, preview }),
    closeWorkspace: (name) => revocations.tell({ kind: "workspace", name }),
    closeConnection: (id, username) => revocations.tell({ kind: "connection", id, username }),
    policyChanged: () => revocations.tell({ kind: "policy" }),
  };
};
