import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UploadStore } from "@k8shell/sdk";

/** Longer than any server keeps an upload that was not finished, milliseconds. */
const longestMs = 30 * 86_400_000;

/**
 * Remembers uploads that have begun, a file each, so that the same command goes on with them. A store that cannot be
 * written remembers nothing.
 */
export const createUploadStore = (directory: string, server: string): UploadStore => {
  const fileOf = (key: string) =>
    join(directory, createHash("sha256").update(`${server}\0${key}`).digest("hex"));
  const forgetOld = async () => {
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      if (Date.now() - (await stat(path)).mtimeMs > longestMs) await rm(path, { force: true });
    }
  };
  return {
    get: (key) => readFile(fileOf(key), "utf8").catch(() => undefined),
    async set(key, value) {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(fileOf(key), value, { mode: 0o600 });
        await forgetOld();
      } catch {
        // Then another command begins again.
      }
    },
    delete: (key) => rm(fileOf(key), { force: true }),
  };
};
