import { createHash, timingSafeEqual } from "node:crypto";
import { ApiError } from "../http/api-error.ts";

/** A digest that a client has sent. */
export interface Digest {
  /** Name for `createHash`. */
  readonly algorithm: string;
  readonly expected: Buffer;
}

/** Strongest first; the others of RFC 9530's registry are broken. */
const algorithms = [
  { name: "sha-512", algorithm: "sha512", bytes: 64 },
  { name: "sha-256", algorithm: "sha256", bytes: 32 },
] as const;

/**
 * The strongest known digest of a Content-Digest header (RFC 9530), e.g. `sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9b
 * vEF8FabDg=:`.
 * @throws ApiError bad_request when the header is malformed, or names only algorithms that are not known here: the
 * client counts on its digest being checked
 */
export const parseContentDigest = (header: string | string[] | undefined): Digest | undefined => {
  if (header === undefined) return undefined;
  const values = new Map<string, string>();
  for (const member of String(header).split(",")) {
    const match = /^\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member);
    const [, name, value] = match ?? [];
    if (name === undefined || value === undefined) {
      throw new ApiError("bad_request", "Content-Digest is malformed: write sha-256=:base64:.");
    }
    values.set(name, value);
  }
  for (const { name, algorithm, bytes } of algorithms) {
    const value = values.get(name);
    if (value === undefined) continue;
    const expected = Buffer.from(value, "base64");
    if (expected.length !== bytes) {
      throw new ApiError("bad_request", `Content-Digest: a ${name} digest has ${bytes} bytes.`);
    }
    return { algorithm, expected };
  }
  throw new ApiError("bad_request", "Content-Digest: use sha-256 or sha-512.");
};

/** Passes everything on, and fails with `mismatch` at the end when it was not what the digest says. */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  { algorithm, expected }: Digest,
  mismatch: () => ApiError,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithm);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (!timingSafeEqual(hash.digest(), expected)) throw mismatch();
}
