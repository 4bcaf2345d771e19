import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@k8shell/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { makeCertificateFiles } from "../../../api-server/test/remote/certificates.ts";
import { openPostgres } from "../../src/storage/postgres.ts";
import { startReplica, temporaryDirectory } from "./own-server.ts";
import { type PostgresServer, startPostgres } from "./server.ts";

let server: PostgresServer;
let ca: string;
let otherCa: string;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "k8shell-postgres-tls-"));
  const certificates = makeCertificateFiles(join(directory, "own"), ["localhost"]);
  ca = certificates.ca;
  otherCa = makeCertificateFiles(join(directory, "other"), ["localhost"]).ca;
  server = await startPostgres(certificates);
});
afterAll(async () => {
  await server?.remove();
  await rm(directory, { recursive: true, force: true });
});

const limits = { connect: 2_000, statement: 2_000, answer: 3_000, idleInTransaction: 2_000 };

/** What comes of a connection to the database with these parameters. */
const connect = async (host: string, query: string): Promise<unknown> => {
  const url = `postgres://k8shell:s3cret-pw@${host}:${server.port}/postgres${query}`;
  const database = openPostgres({ url, schema: "public", log: silentLog, limits });
  onTestFinished(() => database.destroy());
  const { rows } = await sql<{
    ssl: boolean;
  }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(database);
  return rows[0];
};

test("a database is reached over TLS, verified by its authority and name", async () => {
  expect(await connect("localhost", `?sslmode=verify-full&sslrootcert=${ca}`)).toEqual({ ssl: true });
});

test.each([
  ["without TLS", "localhost", () => ""],
  ["of another authority", "localhost", () => `?sslmode=verify-full&sslrootcert=${otherCa}`],
  ["under another name", "127.0.0.1", () => `?sslmode=verify-full&sslrootcert=${ca}`],
  ["without its authority", "localhost", () => "?sslmode=verify-full"],
])("a database %s is not reached, which is an outage and no defect", async (_, host, query) => {
  await expect(connect(host, query())).rejects.toMatchObject({
    status: "Unavailable",
    message: "the database cannot be reached",
  });
});

test("a service runs on a database over TLS", async () => {
  const url = `postgres://k8shell:s3cret-pw@localhost:${server.port}/postgres?sslmode=verify-full&sslrootcert=${ca}`;
  const { client } = await startReplica({ postgres: { url }, keysDir: await temporaryDirectory() });
  await client.createUser({ username: "alice", organization: "default" });
  expect(await client.findUser({ username: "alice" })).toMatchObject({ username: "alice" });
});
