import { once } from "node:events";
import { connect, createServer } from "node:net";
import { onTestFinished } from "vitest";

/** The port of the app `web` of the blueprint `dev`. A workspace's network is the machine's: one app at a time has it. */
const port = 8080;
/** A name among Linux's abstract sockets: whoever listens has the turn, and a process that ends gives it up. */
const turn = "\0k8shell-test-web-app";
const retryMs = 100;
/** How long an app that was stopped may keep the port, milliseconds. */
const leaveMs = 60_000;

const pause = () => new Promise((resume) => setTimeout(resume, retryMs));

const isFree = async (): Promise<boolean> => {
  const socket = connect(port, "127.0.0.1");
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return !connected;
};

/**
 * Waits until no other test, of whichever process, uses the app `web`, and keeps the others waiting to the end of this
 * one. The test's own timeout bounds it.
 * @throws Error when the port belongs to a program that is no test
 */
export const takeWebAppPort = async (): Promise<void> => {
  for (;;) {
    const server = createServer();
    const taken = await once(server.listen(turn), "listening").then(
      () => true,
      () => false,
    );
    if (taken) {
      onTestFinished(async () => {
        server.close();
        await once(server, "close");
      });
      break;
    }
    await pause();
  }
  const deadline = Date.now() + leaveMs;
  while (!(await isFree())) {
    if (Date.now() > deadline)
      throw new Error(
        `another program listens on port ${port} of this machine, which these tests need: stop it`,
      );
    await pause();
  }
};
