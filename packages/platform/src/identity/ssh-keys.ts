import { createHash } from "node:crypto";

/** A public key in the one-line format of authorized_keys, without options. */
export interface SshPublicKey {
  /** `type base64 [comment]`, single spaces. */
  readonly text: string;
  /** `SHA256:` and the unpadded base64 digest of the key blob, as `ssh-keygen -l` shows it. */
  readonly fingerprint: string;
}

const maxLength = 16_384;
const keyLine = /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+(.*))?$/;

/** @returns undefined when the text is not one public key */
export const parseSshPublicKey = (text: string): SshPublicKey | undefined => {
  const parts = keyLine.exec(text.trim());
  if (text.length > maxLength || !parts) return undefined;
  const [, type = "", encoded = "", comment = ""] = parts;
  const blob = Buffer.from(encoded, "base64");
  // The blob repeats the type as its first string: a cheap check that it is a key and not any base64.
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (length === 0 || blob.subarray(4, 4 + length).toString("latin1") !== type || blob.length <= 4 + length)
    return undefined;
  if (/[\u0000-\u001f\u007f]/.test(comment)) return undefined;
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return {
    text: [type, encoded, comment.trim()].filter((part) => part !== "").join(" "),
    fingerprint: `SHA256:${digest}`,
  };
};
