/** What has to take effect at once when access is taken away, on this replica and the others. */
export interface Revocations {
  /** Ends every web session and user token of a user, forgets their access tokens and closes their sockets. */
  revokeUser(username: string): Promise<void>;
  /** Locks or unlocks an account in the store that every request is checked against. Locking also revokes. */
  setLocked(username: string, locked: boolean): Promise<void>;
  /** An access token was changed or deleted. @param preview the first characters of the token */
  tokenChanged(username: string, preview: string): Promise<void>;
}
