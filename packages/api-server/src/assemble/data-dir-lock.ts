import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../config/config-error.ts";

export interface DataDirLock {
  release(): void;
}

const holderOf = (file: string): string => {
  try {
    return ` (process ${Number.parseInt(readFileSync(file, "utf8"), 10)})`;
  } catch {
    return "";
  }
};

/**
 * Makes this process the only one with a part of a data directory: the server, or one of the services embedded in it or
 * served on their own. The lock is the operating system's (taken through SQLite),
 * so it cannot outlive the process, however that ends.
 * @throws ConfigError when another server has it
 */
export const lockDataDir = (dataDir: string, part = "server"): DataDirLock => {
  const pidFile = join(dataDir, `${part}.pid`);
  const database = new DatabaseSync(join(dataDir, `${part}.lock`));
  try {
    database.exec("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (cause instanceof Error && "errcode" in cause && cause.errcode === 5) {
      throw new ConfigError(
        `the data directory ${dataDir} is in use by another k8shell ${part}${holderOf(pidFile)}: stop that one, or give another directory with --data`,
        { cause },
      );
    }
    throw cause;
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { release: () => database.close() };
};
