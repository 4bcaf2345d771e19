import { randomSecret, sha256 } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";

const lifetimeMs = 15 * 60_000;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** One-time sign-in tokens: single use, 15 minutes, stored hashed. */
export interface OnceLinks {
  create(username: string): Promise<string>;
  /** Whether a token would be accepted now. */
  isLive(token: string): Promise<boolean>;
  /** Uses a token up. @returns the user it is for, or undefined when it is not good any more */
  consume(token: string): Promise<string | undefined>;
}

export const createOnceLinks = ({ db, now }: { db: IdentityDatabase; now: () => number }): OnceLinks => ({
  async create(username) {
    await db.deleteFrom("once_links").where("expires_at", "<=", now()).execute();
    const token = randomSecret();
    await db
      .insertInto("once_links")
      .values({ token_hash: sha256(token), username, expires_at: now() + lifetimeMs })
      .execute();
    return token;
  },
  async isLive(token) {
    if (!tokenPattern.test(token)) return false;
    const row = await db
      .selectFrom("once_links")
      .select("username")
      .where("token_hash", "=", sha256(token))
      .where("expires_at", ">", now())
      .executeTakeFirst();
    return row !== undefined;
  },
  async consume(token) {
    if (!tokenPattern.test(token)) return undefined;
    const row = await db
      .deleteFrom("once_links")
      .where("token_hash", "=", sha256(token))
      .where("expires_at", ">", now())
      .returning("username")
      .executeTakeFirst();
    return row?.username;
  },
});
