import type { Log } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from "kysely";
import type { Pool, PoolClient, PoolConfig } from "pg";
import { fromPostgresError, isConnectionLost } from "./postgres-error.ts";

/** A PostgreSQL database that several processes may share. */
export interface PostgresSettings {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/ca.crt`. Never logged. */
  readonly url: string;
  /** Most connections of one service in one process (default 10). */
  readonly poolSize?: number;
  /** First part of the names of the PostgreSQL schemas, one for each service (default `k8shell`: `k8shell_identity`, …). */
  readonly schemaPrefix?: string;
  /** Told of the pool once it is made. */
  readonly onPool?: (pool: PoolUse) => void;
}

/** How many connections of a pool there are, in use or not, and who waits for one; always of now. */
export interface PoolUse {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** All in milliseconds. */
export interface PostgresLimits {
  /** To have a connection, a new one or one of the pool. */
  readonly connect: number;
  /** A statement: the server ends what takes longer. */
  readonly statement: number;
  /** An answer, should the server be gone: more than a statement may take. */
  readonly answer: number;
  /** A transaction in which nothing happens. */
  readonly idleInTransaction: number;
}

const defaultLimits: PostgresLimits = {
  connect: 5000,
  statement: 10_000,
  answer: 15_000,
  idleInTransaction: 15_000,
};

/** PostgreSQL's type number of 64-bit integers: ours are times and counts, which a number holds exactly. */
const int8 = 20;

/** The PostgreSQL schema of a service's tables. */
export const schemaOf = ({ schemaPrefix = "k8shell" }: PostgresSettings, service: string): string =>
  `${schemaPrefix}_${service}`;

/** `host:5432/database`, for messages: the rest of a URL may hold secrets. */
export const describePostgres = (url: string): string => {
  if (!URL.canParse(url)) return "the database";
  const { hostname, port, pathname, searchParams } = new URL(url);
  return `${hostname || searchParams.get("host") || "localhost"}:${port || "5432"}${decodeURI(pathname)}`;
};

const checkUrl = (url: string): void => {
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new RpcError(
      Code.InvalidArgument,
      "expected a URL such as postgres://user:password@host:5432/database",
    );
  }
};

const connectionOf = (client: PoolClient) => {
  let lost = false;
  const run = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
    try {
      const { command, rowCount, rows } = await client.query(query.sql, [...query.parameters]);
      const affected = command === "INSERT" || command === "UPDATE" || command === "DELETE";
      return { rows, ...(affected ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
    } catch (error) {
      lost ||= isConnectionLost(error);
      throw fromPostgresError(error);
    }
  };
  return {
    executeQuery: run,
    streamQuery(): AsyncIterableIterator<QueryResult<never>> {
      throw new Error("rows are not streamed from PostgreSQL");
    },
    /** @param unusable the connection is in an unknown state */
    release: (unusable: boolean) => client.release(lost || unusable),
  };
};

/** Kysely's driver over pg, so that failures are told apart and a connection that failed is not used again. */
const driverOver = (openPool: () => Promise<Pool>): Driver => {
  let pool: Pool | undefined;
  const releases = new WeakMap<DatabaseConnection, (unusable: boolean) => void>();
  const unusable = new WeakSet<DatabaseConnection>();
  const run = (connection: DatabaseConnection, text: string) =>
    connection.executeQuery(CompiledQuery.raw(text));

  return {
    async init() {
      pool = await openPool();
    },
    async acquireConnection() {
      if (!pool) throw new RpcError(Code.Unavailable, "the database is closed");
      const client = await pool.connect().catch((error: unknown) => {
        throw fromPostgresError(error);
      });
      const connection = connectionOf(client);
      releases.set(connection, connection.release);
      return connection;
    },
    async beginTransaction(connection, { isolationLevel }) {
      await run(connection, isolationLevel ? `begin isolation level ${isolationLevel}` : "begin");
    },
    async commitTransaction(connection) {
      await run(connection, "commit");
    },
    async rollbackTransaction(connection) {
      // The failure that led here is what the caller should see.
      await run(connection, "rollback").catch(() => unusable.add(connection));
    },
    async releaseConnection(connection) {
      releases.get(connection)?.(unusable.has(connection));
    },
    async destroy() {
      await pool?.end();
      pool = undefined;
    },
  };
};

/**
 * What the migrator asks about. Kysely's own looks at the columns of every table of the database, and fails when some
 * other user of it drops one meanwhile.
 */
const introspectorOf =
  (schema: string) =>
  (db: Kysely<unknown>): DatabaseIntrospector => ({
    async getSchemas() {
      const { rows } = await sql<{ name: string }>`select nspname as name from pg_namespace`.execute(db);
      return rows;
    },
    async getTables() {
      const { rows } = await sql<{
        name: string;
      }>`select tablename as name from pg_tables where schemaname = ${schema}`.execute(db);
      return rows.map(({ name }) => ({ name, schema, isView: false, isForeign: false, columns: [] }));
    },
  });

export interface OpenPostgresOptions extends PostgresSettings {
  /** PostgreSQL schema all names are looked up in, e.g. `k8shell_session`. */
  readonly schema: string;
  readonly log: Log;
  /** For migrations: one connection, whose statements may take as long as they need. */
  readonly unhurried?: boolean;
  readonly limits?: PostgresLimits;
}

/**
 * Opens a pool of connections. Nothing is sent before the first statement.
 * @throws RpcError InvalidArgument when `url` is none. Statements fail with Unavailable while the database is down,
 *   and work again by themselves when it is back.
 */
export const openPostgres = <Schema>(options: OpenPostgresOptions): Kysely<Schema> => {
  const { url, poolSize = 10, schema, log, unhurried = false, limits = defaultLimits } = options;
  checkUrl(url);
  const statementTimeout = unhurried ? 0 : limits.statement;

  const openPool = async (): Promise<Pool> => {
    // Loaded here: most installations have no PostgreSQL.
    const { default: pg } = await import("pg");
    const config: PoolConfig = {
      connectionString: url,
      application_name: "k8shell",
      max: unhurried ? 1 : poolSize,
      connectionTimeoutMillis: limits.connect,
      idleTimeoutMillis: 60_000,
      // A replica added or a certificate renewed is noticed within this time.
      maxLifetimeSeconds: 1800,
      keepAlive: true,
      ...(unhurried ? {} : { query_timeout: limits.answer }),
      types: {
        getTypeParser: (id, format) =>
          id === int8 && format !== "binary" ? Number : pg.types.getTypeParser(id, format),
      },
      // Not as start-up parameters: poolers in between refuse those.
      async onConnect(client) {
        const settings: Array<[string, string]> = [
          ["search_path", schema],
          ["statement_timeout", String(statementTimeout)],
          ["lock_timeout", String(statementTimeout)],
          ["idle_in_transaction_session_timeout", String(unhurried ? 0 : limits.idleInTransaction)],
        ];
        const calls = settings.map((_, i) => `set_config($${i * 2 + 1}, $${i * 2 + 2}, false)`);
        await client.query(`select ${calls.join(", ")}`, settings.flat());
      },
    };
    const pool = new pg.Pool(config);
    pool.on("error", (error) => log.warn({ error: error.message, schema }, "a database connection was lost"));
    if (!unhurried) options.onPool?.(pool);
    return pool;
  };

  const dialect: Dialect = {
    createDriver: () => driverOver(openPool),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: introspectorOf(schema),
  };
  return new Kysely<Schema>({ dialect });
};
