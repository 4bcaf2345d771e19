import { randomBytes } from "node:crypto";
import type { KvBucket } from "@k8shell/kv";
import { z } from "zod";
import { equalSecrets, sha256 } from "./hash.ts";
import { takeOnce } from "./take-once.ts";

const loginState = z.object({
  provider: z.string(),
  /** The state of a waiting command line; empty when a browser signs in for itself. */
  cliState: z.string(),
  /** Address of this server as whoever began it writes it. */
  address: z.string().optional(),
  /** SHA-256 of the binding cookie's value. */
  bindingHash: z.string(),
});

/** A sign-in that was begun and may be completed once. */
export interface BegunLogin {
  readonly provider: string;
  readonly cliState: string;
  readonly address: string | undefined;
  /** Is this the value of the cookie that was set when the sign-in began? */
  isBoundTo(cookie: string): boolean;
}

export interface LoginStates {
  /** Remembers a state. Resolves to the value of the cookie that binds it to this browser. */
  begin(state: string, login: { provider: string; cliState: string; address: string }): Promise<string>;
  /** Takes a state out: a second call, even at the same time, finds nothing. */
  take(state: string): Promise<BegunLogin | undefined>;
  /** Name of the cookie of this state: two sign-ins in two tabs do not disturb each other. */
  cookieName(state: string): string;
}

/** Pending sign-ins by the hash of their OAuth state. The bucket's TTL (15 minutes) bounds them. */
export const createLoginStates = (bucket: KvBucket): LoginStates => ({
  async begin(state, login) {
    const cookie = randomBytes(32).toString("base64url");
    await bucket.put(sha256(state), JSON.stringify({ ...login, bindingHash: sha256(cookie) }));
    return cookie;
  },
  async take(state) {
    const stored = await takeOnce(bucket, sha256(state));
    if (stored === undefined) return undefined;
    const { provider, cliState, address, bindingHash } = loginState.parse(JSON.parse(stored));
    return { provider, cliState, address, isBoundTo: (cookie) => equalSecrets(sha256(cookie), bindingHash) };
  },
  cookieName: (state) => `k8shell-login-${sha256(state).slice(0, 16)}`,
});
