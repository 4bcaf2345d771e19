import { afterOwnTime } from "@k8shell/contract";
import { freeMemory } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { WorkspaceClient } from "../backends/backends.ts";
import { bytesOf, closeCode } from "../http/websocket.ts";
import { createInputQueue } from "../terminal/input-queue.ts";
import { commandText } from "./command-text.ts";
import type { ExecSession } from "./exec-session.ts";
import { endFrame, outputFrame, readFrame, type StartMessage } from "./exec-socket.ts";
import { type RemoteCommand, startCommand } from "./remote-command.ts";

export interface ExecConnectionOptions {
  readonly socket: WebSocket;
  readonly daemon: WorkspaceClient;
  /** The client did something. */
  readonly touch: () => void;
  /** @param line what the workspace's shell runs */
  readonly openSession: (line: string) => Promise<ExecSession>;
  readonly log: Logger;
}

/** How long a client may take to say what to run, milliseconds. */
const startMs = 10_000;
/** A client with this much unread holds the command back. */
const highWater = 1 << 20;
const pollMs = 10;
/** Signals that may come before the command has begun. */
const maxEarly = 16;

/**
 * Serves one command over a WebSocket. Call it in the same turn of the event loop in which the socket was accepted.
 * A client that goes away ends the command. Never throws.
 */
export const serveExecSocket = async (options: ExecConnectionOptions): Promise<void> => {
  const { socket, daemon, touch, log } = options;
  const gone = new AbortController();
  const started = Promise.withResolvers<StartMessage>();
  const input = createInputQueue({ pause: () => socket.pause(), resume: () => socket.resume() });
  let command: RemoteCommand | undefined;
  let session: ExecSession | undefined;
  let inputEnded = false;
  // Signals for a command that has not begun yet.
  let early: string[] = [];

  const end = (code: number, reason: string) => {
    socket.resume();
    socket.close(code, reason);
  };
  const stopWaiting = afterOwnTime(startMs, () => end(closeCode.policyViolation, "no command was sent"));

  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (!isBinary) {
      end(closeCode.unsupportedData, "frames are binary");
      return;
    }
    touch();
    try {
      const read = readFrame(bytesOf(data));
      if (read.type === "start") started.resolve(read.start);
      else if (read.type === "signal") {
        if (command) command.kill(read.signal);
        else if (early.length < maxEarly) early.push(read.signal);
      } else if (!inputEnded) {
        const length = read.frame.length - 1;
        session?.input(length);
        // An empty one ends the input; it waits its turn.
        inputEnded = length === 0;
        if (inputEnded) input.end();
        else input.push(read.frame);
      }
    } catch {
      end(closeCode.invalidPayload, "not a frame of this protocol");
    }
  });
  socket.on("close", () => {
    stopWaiting();
    gone.abort();
    input.close();
    started.reject(gone.signal.reason);
  });

  const room = async () => {
    while (socket.bufferedAmount > highWater && !gone.signal.aborted)
      await new Promise((next) => setTimeout(next, pollMs));
  };

  try {
    const start = await started.promise;
    stopWaiting();
    const line = commandText(start);
    session = await options.openSession(line);
    command = startCommand(
      daemon,
      line,
      Object.entries(start.env ?? {}).map(([name, value]) => `${name}=${value}`),
      gone.signal,
    );
    const { write, endInput } = command;
    input.open(async (frame) => {
      await write(frame.subarray(1), () => freeMemory(frame));
    }, endInput);
    for (const name of early) command.kill(name);
    early = [];
    for await (const event of command.events) {
      if (event.type === "exit") {
        socket.send(endFrame({ exitCode: event.exitCode }), () => {});
        end(closeCode.normal, "the command has ended");
        break;
      }
      session.output(event.data);
      const frame = outputFrame(event.type, event.data);
      freeMemory(event.data);
      socket.send(frame, (error) => {
        if (!error) freeMemory(frame);
      });
      await room();
    }
  } catch (err) {
    if (!gone.signal.aborted) {
      log.info({ err }, "command failed");
      socket.send(endFrame({ error: "the workspace cannot be reached" }), () => {});
      end(closeCode.internalError, "the command could not be run");
    }
  } finally {
    await session?.end();
  }
};
