import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const nonceBytes = 12;
const tagBytes = 16;
const version = "v1";

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/**
 * Reads a secret file, or writes it with mode 0600 when it does not exist. Safe against two processes starting at once:
 * both end up with the same, whole content.
 * @param make content for a new file
 */
export const readOrCreateSecret = async (file: string, make: () => Buffer | string): Promise<Buffer> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return await readFile(file);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, make(), { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(file);
};

/** Encrypts and decrypts values at rest. `context` names the row and column, so that a value cannot be moved to another. */
export interface SecretBox {
  seal(text: string, context: string): string;
  /** @throws Error when the value was changed, moved, or sealed with another key */
  open(sealed: string, context: string): string;
}

/**
 * AES-256-GCM under one key.
 * @param key 32 bytes
 */
export const createSecretBox = (key: Buffer): SecretBox => {
  if (key.length !== 32) throw new Error("the key of the secret store must have 32 bytes");
  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return `${version}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url")}`;
    },
    open(sealed, context) {
      const [kind, encoded = ""] = sealed.split(".");
      const bytes = Buffer.from(encoded, "base64url");
      if (kind !== version || bytes.length < nonceBytes + tagBytes) throw new Error("not a sealed value");
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-tagBytes));
      const body = bytes.subarray(nonceBytes, -tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
    },
  };
};

/** SHA-256 in lower-case hexadecimal: how tokens, codes and states are stored. */
export const sha256 = (text: string): string => hash("sha256", text, "hex");

/** A random secret of 32 bytes in base64url without padding (43 characters). */
export const randomSecret = (): string => randomBytes(32).toString("base64url");

/** A key for another purpose, the same in all processes that have `key`. */
export const deriveKey = (key: Buffer, purpose: string): Buffer =>
  createHmac("sha256", key).update(purpose).digest();
