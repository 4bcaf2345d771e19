import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { KvBucket } from "@k8shell/kv";
import { z } from "zod";
import { sha256 } from "./hash.ts";
import { takeOnce } from "./take-once.ts";

const cliLogin = z.union([
  z.object({ provider: z.string(), address: z.string(), username: z.string(), token: z.string() }),
  z.object({ error: z.string() }),
]);

/** The result of a sign-in that a command line waits for: its token (rest-contract 2.7) or why there is none. */
export type CliLogin = z.infer<typeof cliLogin>;

export interface CliLogins {
  store(cliState: string, login: CliLogin): Promise<void>;
  /** Hands a result out once. */
  take(cliState: string): Promise<CliLogin | undefined>;
}

// The state is known only to the command line that made it, so it is the key: the store alone reveals no token.
const keyOf = (cliState: string): Buffer =>
  Buffer.from(hkdfSync("sha256", cliState, "", "k8shell cli login", 32));

const seal = (cliState: string, text: string): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyOf(cliState), nonce);
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  );
};

const unseal = (cliState: string, sealed: string): string => {
  const bytes = Buffer.from(sealed, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", keyOf(cliState), bytes.subarray(0, 12)).setAuthTag(
    bytes.subarray(-16),
  );
  return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
};

/** Results of command line sign-ins, until polled (rest-contract 4.2). The bucket's TTL (10 minutes) bounds them. */
export const createCliLogins = (bucket: KvBucket): CliLogins => ({
  async store(cliState, login) {
    await bucket.put(sha256(cliState), seal(cliState, JSON.stringify(login)));
  },
  async take(cliState) {
    const sealed = await takeOnce(bucket, sha256(cliState));
    return sealed === undefined ? undefined : cliLogin.parse(JSON.parse(unseal(cliState, sealed)));
  },
});
