import { hash, timingSafeEqual } from "node:crypto";

/** SHA-256 in hex: what secrets are stored and cached under. */
export const sha256 = (text: string): string => hash("sha256", text, "hex");

/** Compares two strings in time that does not depend on where they differ. */
export const equalSecrets = (a: string, b: string): boolean =>
  timingSafeEqual(hash("sha256", a, "buffer"), hash("sha256", b, "buffer"));
