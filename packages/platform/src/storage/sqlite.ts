import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Code, RpcError } from "@k8shell/rpc";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import { LRUCache } from "lru-cache";

/** Statements of one database that are kept ready: preparing one takes longer than a look-up by its key. */
const keptStatements = 100;

/** Result codes (sqlite.org/rescode.html): busy, read-only, input/output error, full, cannot open. */
const unavailable: ReadonlySet<number> = new Set([5, 8, 10, 13, 14]);

/** Runs `work`; what it throws because of the disk, which is nothing about the statement, is an outage as with PostgreSQL. */
const withOutages = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    // The lower byte of an extended code is the code.
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
    if (!unavailable.has(code)) throw error;
    throw new RpcError(Code.Unavailable, "the database cannot be used", { cause: error });
  }
};

/** node:sqlite behind the interface Kysely's SQLite dialect expects. */
const kyselyDriver = (database: DatabaseSync): SqliteDatabase => {
  const prepare = (sql: string): SqliteStatement => {
    const statement = database.prepare(sql);
    type Bindings = Parameters<typeof statement.all>;
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => withOutages(() => statement.all(...(parameters as Bindings))),
      run: (parameters) => withOutages(() => statement.run(...(parameters as Bindings))),
      // One of its own: it is not over when the next query begins.
      iterate: (parameters) =>
        database.prepare(sql).iterate(...(parameters as Bindings)) as IterableIterator<unknown>,
    };
  };
  const kept = new LRUCache<string, SqliteStatement>({ max: keptStatements });
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = kept.get(sql);
      if (known) return known;
      const statement = prepare(sql);
      kept.set(sql, statement);
      return statement;
    },
  };
};

/**
 * Opens (creating it) one service's SQLite database.
 * @param file path, or `:memory:`
 */
export const openSqlite = <Schema>(file: string): Kysely<Schema> => {
  // SQLite gives its side files the mode of the database, which is nobody else's to read: it may hold password hashes.
  if (file !== ":memory:") closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
  );
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: async () => kyselyDriver(database) }) });
};
