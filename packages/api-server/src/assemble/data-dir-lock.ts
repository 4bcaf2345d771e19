import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
 * served on their own. A directory that is not there is made. The lock is the operating system's (taken through SQLite),
 * so it cannot outlive the process, however that ends.
 * @throws ConfigError when another server has it, or the directory cannot be written
 */
export const lockDataDir = (dataDir: string, part = "server"): DataDirLock => {
  const pidFile = join(dataDir, `${part}.pid`);
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(dataDir, `${part}.lock`));
    database.exec("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (cause) {
    database?.close();
    if (cause instanceof Error && "errcode" in cause && cause.errcode === 5) {
      throw new ConfigError(
        `the data directory ${dataDir} is in use by another k8shell ${part}${holderOf(pidFile)}: stop that one, or give another directory with --data`,
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message : "unknown failure";
    throw new ConfigError(`the data directory ${dataDir} cannot be written: ${reason}`, { cause });
  }
  const held = database;
  return { release: () => held.close() };
};
