import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "../../../../test/e2e/free-port.ts";

const run = promisify(execFile);

/** Debian keeps the binaries out of PATH. */
const binary = (name: string): string => {
  const debian = `/usr/lib/postgresql/15/bin/${name}`;
  return existsSync(debian) ? debian : name;
};

/** PostgreSQL refuses to run as root; `nobody` can run it in a directory of its own. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

export interface PostgresServer {
  readonly port: number;
  /** Address of a database. */
  url(database: string): string;
  /** Runs a statement as the administrator. */
  run(database: string, statement: string): Promise<unknown[]>;
  /** Ends the server as an operator would: sessions are cut off, nothing is lost. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its files. */
  remove(): Promise<void>;
}

/** A certificate and its key, as files in PEM. */
export interface ServerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * A real PostgreSQL in a temporary directory, on a free loopback port, with a password.
 * @param certificate it takes connections over TLS only then
 */
export const startPostgres = async (certificate?: ServerCertificate): Promise<PostgresServer> => {
  const directory = await mkdtemp(join(tmpdir(), "k8shell-postgres-"));
  if (user.uid !== undefined) await chown(directory, user.uid, user.gid);
  const data = join(directory, "data");
  const initdb = ["-D", data, "-U", "k8shell", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
  await run(binary("initdb"), initdb, { ...user, cwd: directory, env: {} });
  const tls: string[] = [];
  if (certificate) {
    // It refuses a key that others may read.
    const own = async (from: string, name: string) => {
      const to = join(directory, name);
      await copyFile(from, to);
      if (user.uid !== undefined) await chown(to, user.uid, user.gid);
      await chmod(to, 0o600);
      return to;
    };
    await writeFile(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n");
    tls.push("ssl=on", `ssl_cert_file=${await own(certificate.certFile, "tls.crt")}`);
    tls.push(`ssl_key_file=${await own(certificate.keyFile, "tls.key")}`);
  }
  const port = await freePort();
  let child: ChildProcess | undefined;

  const url = (database: string) => `postgres://k8shell:s3cret-pw@127.0.0.1:${port}/${database}`;
  const query = async (database: string, statement: string): Promise<unknown[]> => {
    const client = new pg.Client({
      connectionString: url(database),
      ...(certificate ? { ssl: { rejectUnauthorized: false } } : {}),
    });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };

  const start = async () => {
    const settings = ["fsync=off", "max_connections=200", "shared_buffers=16MB", "wal_level=minimal"];
    const more = ["max_wal_senders=0", "autovacuum=off", `unix_socket_directories=${directory}`];
    const args = [...settings, ...more, ...tls].flatMap((setting) => ["-c", setting]);
    const started = spawn(binary("postgres"), ["-D", data, "-h", "127.0.0.1", "-p", String(port), ...args], {
      ...user,
      cwd: directory,
      env: {},
      stdio: "ignore",
    });
    child = started;
    for (;;) {
      if (started.exitCode !== null) throw new Error(`postgres ended with ${started.exitCode}`);
      const up = await query("postgres", "select 1").catch(() => undefined);
      if (up) return;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  };
  const stop = async () => {
    const stopping = child;
    child = undefined;
    if (!stopping || stopping.exitCode !== null) return;
    const ended = new Promise((resolve) => stopping.once("exit", resolve));
    // "Fast shutdown": sessions are ended (PostgreSQL documentation, section 19.5).
    stopping.kill("SIGINT");
    await ended;
  };

  await start();
  return {
    port,
    url,
    run: query,
    start,
    stop,
    async remove() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
