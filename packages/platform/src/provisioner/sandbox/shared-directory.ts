import { createHash } from "node:crypto";
import { join, resolve } from "node:path";

/** Tells the data directories of one machine apart. */
export const directoryHash = (dataDir: string): string =>
  createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 12);

/** Where workspaces go whose users could not reach the data directory. */
export const sharedDirectory = (dataDir: string): string => join("/var/lib/k8shell", directoryHash(dataDir));
