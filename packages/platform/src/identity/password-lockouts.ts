import { encodeKey, type KvBucket, KvConflictError } from "@k8shell/kv";
import { Code, RpcError } from "@k8shell/rpc";
import { z } from "zod";

/** Failed attempts before an account's password is refused for a while (grpc-behaviour section 3). */
const maxAttempts = 5;
const lockoutSeconds = 15 * 60;
const maxConflicts = 16;

const recordSchema = z.object({
  failedAttempts: z.number().int().min(0).default(0),
  lockedUntil: z.number().int().min(0).default(0),
});
type Lockout = z.infer<typeof recordSchema>;

/** Counts failed password attempts per user name, in a bucket that all processes share. */
export interface PasswordLockouts {
  /** Unix seconds until which the password is refused, or undefined when it is not. */
  lockedUntil(username: string): Promise<number | undefined>;
  /**
   * Counts an attempt before the password is looked at, so that attempts made at once count too.
   * @returns false when the password is locked and must not be looked at
   */
  begin(username: string): Promise<boolean>;
  clear(username: string): Promise<void>;
}

/** Makes the counter over the bucket `password-lockouts`, whose JSON is part of the contract. */
export const createPasswordLockouts = (bucket: KvBucket, now: () => number): PasswordLockouts => {
  const seconds = () => Math.floor(now() / 1000);
  const read = (value: string | undefined): Lockout => {
    if (value === undefined) return { failedAttempts: 0, lockedUntil: 0 };
    const record = recordSchema.safeParse(JSON.parse(value));
    return record.success ? record.data : { failedAttempts: 0, lockedUntil: 0 };
  };
  return {
    async lockedUntil(username) {
      const { lockedUntil } = read((await bucket.get(encodeKey(username)))?.value);
      return lockedUntil > seconds() ? lockedUntil : undefined;
    },
    async begin(username) {
      const key = encodeKey(username);
      for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
        const entry = await bucket.get(key);
        const previous = read(entry?.value);
        if (previous.lockedUntil > seconds()) return false;
        // A lockout that has passed starts a new count.
        const failedAttempts = (previous.lockedUntil > 0 ? 0 : previous.failedAttempts) + 1;
        const lockedUntil = failedAttempts >= maxAttempts ? seconds() + lockoutSeconds : 0;
        const value = JSON.stringify({ failedAttempts, ...(lockedUntil > 0 ? { lockedUntil } : {}) });
        try {
          if (entry) await bucket.update(key, value, entry.revision);
          else await bucket.create(key, value);
          return true;
        } catch (error) {
          if (!(error instanceof KvConflictError)) throw error;
        }
      }
      throw new RpcError(Code.ResourceExhausted, "too many sign-in attempts at once");
    },
    clear: (username) => bucket.delete(encodeKey(username)),
  };
};
