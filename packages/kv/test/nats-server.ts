import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { freePort } from "../../../test/e2e/free-port.ts";

export interface NatsServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  /** @param signal SIGKILL as in a crash */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Makes the server hang. Resolves when it does: a signal arrives some time after it was sent. */
  suspend(): Promise<void>;
  resume(): void;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
}

/**
 * A nats-server of its own with JetStream, not yet started.
 * @param args further arguments, such as `--user` and `--pass`
 * @param login how the test itself gets in, to see that the server is up
 * @param keep directory of its data (default: a new one)
 */
export const natsServer = async (
  args: readonly string[] = [],
  login: { user?: string; pass?: string; token?: string; tls?: { ca: string } } = {},
  keep?: string,
): Promise<NatsServer> => {
  const dir = keep ?? (await mkdtemp(join(tmpdir(), "k8shell-nats-")));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const answers = async () => {
    const nc = await connect({ servers: `localhost:${port}`, ...login, reconnect: false, timeout: 5_000 });
    await nc.close();
  };
  const start = async () => {
    child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", dir, ...args], {
      stdio: ["ignore", "ignore", process.env.NATS_TEST_LOG ? "inherit" : "ignore"],
    });
    const giveUp = Date.now() + 60_000;
    for (;;) {
      try {
        await answers();
        return;
      } catch (error) {
        if (Date.now() > giveUp || child.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal !== "SIGKILL") child.kill("SIGCONT");
    await exited;
  };
  return {
    address,
    url: `nats://${address}`,
    port,
    start,
    stop,
    async suspend() {
      child?.kill("SIGSTOP");
      while (!/\) T /.test(await readFile(`/proc/${child?.pid}/stat`, "utf8")));
    },
    resume: () => void child?.kill("SIGCONT"),
    async remove() {
      await stop("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
};

/** The same, started. */
export const startNats = async (...options: Parameters<typeof natsServer>): Promise<NatsServer> => {
  const server = await natsServer(...options);
  await server.start();
  return server;
};
