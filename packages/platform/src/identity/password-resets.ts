import type { Log } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { parseEmail } from "./names.ts";
import type { Passwords } from "./passwords.ts";
import { randomSecret, sha256 } from "./secrets.ts";
import type { IdentityDatabase } from "./store.ts";

/** Milliseconds that a link is good for: one that was sent to its user, and one that an administrator hands on. */
const lifetimes = { sent: 3_600_000, made: 24 * 3_600_000 };
/** Least time between two messages to one user, milliseconds. */
const pauseMs = 60_000;
/** Messages being sent at once; more are not begun. */
const maxSending = 100;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** What a user who forgot their password is told. */
export interface PasswordResetMessage {
  readonly username: string;
  readonly fullname: string;
  readonly email: string;
  /** Absolute address of the page where the new password is typed in; a secret. */
  readonly link: string;
  readonly expiresAt: Date;
}

/** Brings a message to its user, e.g. by mail. */
export type PasswordResetNotifier = (message: PasswordResetMessage) => Promise<void>;

/** Resets of forgotten passwords: a link works once, and the tokens in links are stored hashed. */
export interface PasswordResets {
  /** Whether there is a way to send messages. */
  readonly canNotify: boolean;
  /**
   * Sends a link to the user with this address, if there is one who signs in with a password. Neither the time it takes
   * nor its outcome says whether there is.
   */
  request(email: string): void;
  /** A link for somebody to hand on. @throws RpcError NotFound */
  createLink(username: string): Promise<{ readonly link: string; readonly expiresAt: Date }>;
  /** Whether a token would be accepted now. */
  isLive(token: string): Promise<boolean>;
  /**
   * Sets a new password and uses the token up, with all others of the user.
   * @throws RpcError InvalidArgument for a token that is not good or a password against the rules, which keeps the token
   */
  confirm(token: string, password: string): Promise<void>;
  /** Waits for messages that are being sent. */
  close(): Promise<void>;
}

interface PasswordResetsDeps {
  db: IdentityDatabase;
  directory: Directory;
  passwords: Passwords;
  publicUrl: () => string;
  notify: PasswordResetNotifier | undefined;
  /** Told of each password that was reset, so that whoever knew the old one is signed out. */
  onReset: (username: string) => Promise<void>;
  log: Log;
  now: () => number;
}

/** Makes the resets over an open identity database. */
export const createPasswordResets = (deps: PasswordResetsDeps): PasswordResets => {
  const { db, directory, passwords, publicUrl, notify, onReset, log, now } = deps;
  const sending = new Set<Promise<void>>();

  const invalid = () =>
    new RpcError(Code.InvalidArgument, "the reset link is unknown, was used or has expired");

  const createToken = async (username: string, lifetimeMs: number) => {
    const token = randomSecret();
    const expiresAt = now() + lifetimeMs;
    await db.deleteFrom("password_resets").where("expires_at", "<=", now()).execute();
    await db
      .insertInto("password_resets")
      .values({ token_hash: sha256(token), username, expires_at: expiresAt })
      .execute();
    const link = `${publicUrl()}/signin/reset?${new URLSearchParams({ token })}`;
    return { link, expiresAt: new Date(expiresAt) };
  };

  const live = async (token: string): Promise<string | undefined> => {
    if (!tokenPattern.test(token)) return undefined;
    const row = await db
      .selectFrom("password_resets")
      .select("username")
      .where("token_hash", "=", sha256(token))
      .where("expires_at", ">", now())
      .executeTakeFirst();
    return row?.username;
  };

  const send = async (email: string): Promise<void> => {
    const user = await directory.getByEmail(email);
    if (!user?.isValid || user.locked || user.password === "") return;
    const recent = await db
      .selectFrom("password_resets")
      .select("username")
      .where("username", "=", user.username)
      .where("expires_at", ">", now() + lifetimes.sent - pauseMs)
      .where("expires_at", "<=", now() + lifetimes.sent)
      .executeTakeFirst();
    if (recent) return;
    const { link, expiresAt } = await createToken(user.username, lifetimes.sent);
    const { username, fullname } = user;
    await notify?.({ username, fullname, email: user.email, link, expiresAt });
    log.info({ username }, "a password reset link was sent");
  };

  return {
    canNotify: notify !== undefined,
    request(email) {
      if (sending.size >= maxSending || parseEmail(email) === null) return;
      const work: Promise<void> = new Promise<void>((resume) => setImmediate(resume))
        .then(() => send(email))
        .catch((error: unknown) => log.warn({ error }, "a password reset link could not be sent"))
        .finally(() => sending.delete(work));
      sending.add(work);
    },
    async createLink(name) {
      const { username } = await directory.require(name);
      return createToken(username, lifetimes.made);
    },
    isLive: async (token) => (await live(token)) !== undefined,
    async confirm(token, password) {
      // Before the costly hash: anybody can ask.
      const owner = await live(token);
      const user = owner === undefined ? undefined : await directory.get(owner);
      if (!user?.isValid || user.locked) throw invalid();
      const password_hash = await passwords.hash(password);
      const { username } = user;
      await transact(db, async (trx) => {
        const used = await trx
          .deleteFrom("password_resets")
          .where("token_hash", "=", sha256(token))
          .where("expires_at", ">", now())
          .returning("username")
          .executeTakeFirst();
        if (!used) throw invalid();
        await trx.deleteFrom("password_resets").where("username", "=", username).execute();
        await trx
          .updateTable("users")
          .set({ password_hash, updated_at: now() })
          .where("username", "=", username)
          .execute();
      });
      directory.changed(username);
      await passwords.clearLockout(username);
      await onReset(username);
      log.info({ username }, "a password was reset");
    },
    async close() {
      await Promise.all(sending);
    },
  };
};
