import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../platform/test/postgres/server.ts";
import { startServer } from "../src/assemble.ts";
import { defaultConfig } from "../src/config/config.ts";

let database: PostgresServer;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.remove());

const start = async (dataDir: string, url: string) => {
  const lines: string[] = [];
  const server = await startServer({
    dataDir,
    port: 0,
    config: { ...defaultConfig(), database: { url } },
    version: "0.0.0-test",
    log: pino({ level: "debug" }, { write: (line) => void lines.push(line) }),
  });
  onTestFinished(() => server.close());
  const token = (await readFile(join(dataDir, "admin.token"), "utf8")).trim();
  const get = (path: string) =>
    fetch(`${server.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  const post = (path: string, body: unknown) =>
    fetch(`${server.url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  return { server, get, post, lines };
};

const temporaryDirectory = async () => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-on-postgres-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

test("with database.url the server keeps users in PostgreSQL, answers 503 while it is away and recovers", async () => {
  const dataDir = await temporaryDirectory();
  const { server, get, post, lines } = await start(dataDir, database.url("postgres"));
  expect((await post("/users", { username: "alice", org: "default" })).status).toBe(201);
  expect(await readdir(dataDir)).not.toContain("identity.db");
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const service of ["identity", "authz", "session"]) {
    for (const state of ["used", "idle", "waiting"]) {
      expect(metrics).toMatch(
        new RegExp(`^k8shell_database_connections\\{service="${service}",state="${state}"\\} \\d`, "m"),
      );
    }
  }

  await database.stop();
  const refused = await get("/organizations");
  expect(refused.status).toBe(503);
  expect(JSON.stringify(await refused.json())).not.toMatch(/127\.0\.0\.1|ECONN|s3cret/);
  await database.start();
  await expect.poll(async () => (await get("/users/alice/profile")).status).toBe(200);
  await server.close();

  const again = await start(dataDir, database.url("postgres"));
  expect((await again.get("/users/alice/profile")).status).toBe(200);
  expect([...lines, ...again.lines].join("")).not.toContain("s3cret-pw");
});

test("a database that does not exist is told with its key and place, and without its password", async () => {
  const starting = startServer({
    dataDir: await temporaryDirectory(),
    port: 0,
    config: { ...defaultConfig(), database: { url: database.url("nope") } },
    version: "0.0.0-test",
    log: pino({ level: "silent" }),
  });
  await expect(starting).rejects.toMatchObject({
    name: "ConfigError",
    message: `database.url: the database at 127.0.0.1:${database.port}/nope cannot be used: database "nope" does not exist`,
  });
});
