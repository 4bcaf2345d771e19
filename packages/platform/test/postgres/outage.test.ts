import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Log } from "@k8shell/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/storage/database.ts";
import { describePostgres, openPostgres } from "../../src/storage/postgres.ts";
import { freshPostgres, startReplica } from "./own-server.ts";
import { type PostgresServer, startPostgres } from "./server.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

const limits = { connect: 500, statement: 500, answer: 1000, idleInTransaction: 1000 };

const recordingLog = () => {
  const lines: string[] = [];
  const write = (fields: Record<string, unknown>, message: string) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  return { log, lines };
};

test("while the database is away calls fail as unavailable, and work again by themselves when it is back", async () => {
  const { log, lines } = recordingLog();
  const { client } = await startReplica({ postgres: { url: server.url("postgres") }, log });
  await client.createUser({ username: "alice", organization: "default" });
  await server.stop();
  for (let i = 0; i < 20; i++) {
    await expect(client.listOrganizations({})).rejects.toMatchObject({
      status: "Unavailable",
      message: "the database cannot be reached",
    });
  }
  await server.start();
  await expect
    .poll(() => client.findUser({ username: "alice" }).then((user) => user.username, String))
    .toBe("alice");
  // Every connection of the pool is good again.
  await Promise.all(Array.from({ length: 20 }, () => client.listOrganizations({})));
  expect(lines.join("\n")).not.toContain("s3cret-pw");
});

test("a start waits for a database that is still starting", async () => {
  await server.stop();
  const { log, lines } = recordingLog();
  const opening = openDatabase({
    file: "",
    postgres: { url: server.url("postgres"), schemaPrefix: "late" },
    service: "identity",
    migrations: {},
    log,
  });
  await expect.poll(() => lines.length).toBe(1);
  await server.start();
  await (await opening).destroy();
  expect(lines[0]).toContain(`127.0.0.1:${server.port}/postgres`);
  expect(lines[0]).not.toContain("s3cret-pw");
});

test("a database that does not answer does not hold callers for ever", async () => {
  // A front that accepts and then says nothing: what a lost route looks like.
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : 0;
  const db = openPostgres({
    url: `postgres://u:p@127.0.0.1:${port}/x`,
    schema: "x",
    limits,
    log: recordingLog().log,
  });
  onTestFinished(() => db.destroy());
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ status: "Unavailable" });
});

test("a connection that went silent in the middle is not used again", async () => {
  let mute = false;
  const front = createServer((near) => {
    const far = connect(server.port, "127.0.0.1");
    for (const socket of [near, far]) socket.on("error", () => undefined);
    near.on("data", (data) => mute || far.write(data));
    far.on("data", (data) => near.write(data));
    near.on("close", () => far.destroy());
  }).listen(0, "127.0.0.1");
  await once(front, "listening");
  const address = front.address();
  const port = typeof address === "object" ? address?.port : 0;
  const url = server.url("postgres").replace(String(server.port), String(port));
  const db = openPostgres({ url, poolSize: 1, schema: "public", limits, log: recordingLog().log });
  onTestFinished(async () => {
    await db.destroy();
    front.close();
  });
  await sql`select 1`.execute(db);
  mute = true;
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({ status: "Unavailable" });
  mute = false;
  // The pool has one connection: this is another.
  expect((await sql`select 2 as two`.execute(db)).rows).toEqual([{ two: 2 }]);
});

test("a statement that takes too long is ended on the server", async () => {
  const db = openPostgres({ ...freshPostgres(), schema: "public", limits, log: recordingLog().log });
  onTestFinished(() => db.destroy());
  await expect(sql`select pg_sleep(60)`.execute(db)).rejects.toMatchObject({ status: "DeadlineExceeded" });
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});

test("text that PostgreSQL cannot hold and numbers out of range are the caller's fault", async () => {
  const db = openPostgres({ ...freshPostgres(), schema: "public", log: recordingLog().log });
  onTestFinished(() => db.destroy());
  await expect(sql`select cast(${"a\0b"} as text)`.execute(db)).rejects.toMatchObject({
    status: "InvalidArgument",
  });
  await expect(sql`select cast(${1e12} as integer)`.execute(db)).rejects.toMatchObject({
    status: "InvalidArgument",
  });
});

test("a URL that is none is refused, and messages never have more of one than host and database", () => {
  const { log } = recordingLog();
  expect(() => openPostgres({ url: "mysql://root:pw@db/x", schema: "x", log })).toThrow(
    "expected a URL such as postgres://user:password@host:5432/database",
  );
  expect(describePostgres("postgres://me:pw@db.example.org/k8shell?sslpassword=pw")).toBe(
    "db.example.org:5432/k8shell",
  );
});
