import type { KvStore } from "./types.ts";

export interface SqliteKvOptions {
  /** Database file, or `:memory:`. */
  file: string;
}

/** The one-machine store: one SQLite file, shared by the processes of that machine. */
export const sqliteKv = (_options: SqliteKvOptions): KvStore => {
  throw new Error("being written");
};
