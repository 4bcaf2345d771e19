import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import type { PostgresSettings } from "../../src/storage/postgres.ts";

/**
 * The suites of Identity, Session and Authz run twice: as they are, and in the vitest project `postgres`, whose set-up
 * provides a server. These helpers are the only difference.
 */
const serverUrl = (): string | undefined => inject("postgresUrl") || undefined;

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const prefixOf = (dataDir: string): string =>
  `test_${createHash("sha256").update(dataDir).digest("hex").slice(0, 24)}`;

/**
 * The PostgreSQL schemas that belong to a data directory, dropped when the test ends; undefined where the suite runs
 * on SQLite.
 */
export const testPostgres = async (dataDir: string): Promise<PostgresSettings | undefined> => {
  const url = serverUrl();
  if (url === undefined) return undefined;
  const schemaPrefix = prefixOf(dataDir);
  const schemas = ["identity", "session", "authz"].map((service) => `${schemaPrefix}_${service}`);
  onTestFinished(() =>
    withClient(url, async (client) => {
      await client.query(`drop schema if exists ${schemas.join(", ")} cascade`);
    }),
  );
  return { url, poolSize: 4, schemaPrefix };
};

/** The files of a SQLite database; none where the suite runs on PostgreSQL. */
export const sqliteFiles = (...names: string[]): string[] => (serverUrl() === undefined ? names : []);

/** Everything an Identity database has stored, as it is at rest. */
export const storedBytes = async (dataDir: string): Promise<Buffer> => {
  const server = serverUrl();
  if (server === undefined) {
    const files = ["identity.db", "identity.db-wal"].map((file) =>
      readFile(join(dataDir, file)).catch(() => Buffer.alloc(0)),
    );
    return Buffer.concat(await Promise.all(files));
  }
  return withClient(server, async (client) => {
    const schema = `${prefixOf(dataDir)}_identity`;
    const tables = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = $1",
      [schema],
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ text: string }>(
        `select t::text as text from ${schema}.${name} t`,
      );
      texts.push(...rows.map(({ text }) => text));
    }
    return Buffer.from(texts.join("\n"));
  });
};

/** Changes rows of an Identity database behind the service's back. */
export const changeStored = async (dataDir: string, statement: string): Promise<void> => {
  const server = serverUrl();
  if (server === undefined) {
    const database = new DatabaseSync(join(dataDir, "identity.db"));
    database.exec(statement);
    database.close();
    return;
  }
  await withClient(server, (client) =>
    client.query(`set search_path to ${prefixOf(dataDir)}_identity; ${statement}`),
  );
};
