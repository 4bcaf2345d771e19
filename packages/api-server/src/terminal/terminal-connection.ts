import type { FileExplorerMessage } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { WorkspaceClient } from "../backends/backends.ts";
import { type CloseReason, closeReasons, reasonFor } from "./close-reasons.ts";
import {
  type CloudshellPayload,
  decodeFrame,
  errorFrame,
  explorerFrame,
  pongFrame,
} from "./cloudshell-codec.ts";
import { createCommandQueue } from "./command-queue.ts";
import { createExplorerSession } from "./explorer-session.ts";
import { createFileExplorer } from "./file-explorer.ts";
import { createInputQueue } from "./input-queue.ts";
import { createInterruptSkip, isInterrupt } from "./interrupt-skip.ts";
import type { LiveTerminals } from "./live-terminals.ts";
import { createOutputSender } from "./output-sender.ts";
import type { SessionReport, SessionReports, SessionSubject } from "./session-reports.ts";
import type { OpenedShell, OpenShell, TerminalSize } from "./shell-opener.ts";
import type { TerminalRecords } from "./terminal-records.ts";
import { createUtf8Chunker } from "./utf8-chunker.ts";

/** One browser socket with a shell and a file explorer behind it. */
export interface TerminalConnectionOptions {
  readonly socket: WebSocket;
  /** Called when the user types or uses the file explorer. */
  readonly touch: () => void;
  readonly daemon: WorkspaceClient;
  /** Which workspace, for what is remembered about it. */
  readonly workspace: string;
  /** Key of the terminal's record. */
  readonly key: string;
  /** As the client said in the address; a later resize wins. */
  readonly size: TerminalSize | undefined;
  readonly subject: SessionSubject;
  /** May the caller use the file explorer? Throws ApiError when not. */
  readonly authorizeFiles: () => Promise<void>;
  readonly openShell: OpenShell;
  readonly live: LiveTerminals;
  readonly records: TerminalRecords;
  readonly reports: SessionReports;
  readonly log: Logger;
}

const defaultSize: TerminalSize = { cols: 80, rows: 24 };
const largestSide = 1000;
/** A client with this many unread bytes is not reading its answers at all. */
const maxUnread = 8 << 20;
/** How long a connection that is taken over has to close in order, milliseconds. */
const leaveMs = 1_000;

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;

/**
 * Serves one socket until it is closed (rest-contract 3.4, grpc-behaviour section 10). Call it in the same turn of the
 * event loop in which the socket was accepted. Closing the socket detaches the shell; the end of the shell closes the
 * socket. Never throws.
 */
export const serveTerminal = async (options: TerminalConnectionOptions): Promise<void> => {
  const { socket, daemon, key, live, records, log } = options;
  const sender = createOutputSender(socket);
  const commands = createCommandQueue();
  const gone = new AbortController();
  const closed = Promise.withResolvers<void>();
  let report: SessionReport | undefined;
  let opened: OpenedShell | undefined;
  let shellEnded = false;
  let closing = false;
  let wantedSize: TerminalSize | undefined;
  let resizing = false;
  let typedEarly = 0;

  const input = createInputQueue({ pause: () => socket.pause(), resume: () => socket.resume() });

  const close = ({ code, reason, notice }: CloseReason) => {
    if (closing) return;
    closing = true;
    // A paused socket would not see the other side's answer.
    socket.resume();
    sender.flush();
    if (notice !== undefined) socket.send(errorFrame(notice), () => {});
    socket.close(code, reason);
    opened?.call.detach();
  };
  const leave = () => {
    close(closeReasons.takenOver);
    // Somebody waits for the shell: a window that does not answer is not waited for.
    setTimeout(() => socket.terminate(), leaveMs).unref();
  };
  const isReading = (): boolean => {
    if (socket.bufferedAmount <= maxUnread) return true;
    close(closeReasons.notReading);
    socket.terminate();
    return false;
  };
  const reply = (frame: Uint8Array) => {
    if (isReading()) socket.send(frame, () => {});
  };

  const applySize = async () => {
    if (resizing || !opened) return;
    resizing = true;
    while (wantedSize && !gone.signal.aborted) {
      const { cols: width, rows: height } = wantedSize;
      wantedSize = undefined;
      try {
        await daemon.ssh.resizeTerminal({ width, height }, { metadata: { "session-id": opened.shellId } });
      } catch (err) {
        log.debug({ err }, "terminal not resized");
      }
    }
    resizing = false;
  };

  const explorerSession = createExplorerSession({
    daemon,
    log,
    busy: () => commands.running > 0,
    async authorize() {
      await options.authorizeFiles();
      report?.operation("sf");
    },
  });
  const explore = createFileExplorer({
    sftp: () => explorerSession.client(),
    signal: gone.signal,
    async cwd() {
      if (!opened) throw new RpcError(Code.NotFound, "no shell yet");
      return (await daemon.ssh.getCWD({ shellId: opened.shellId })).path;
    },
  });
  const command = (message: FileExplorerMessage) => {
    const { id, payload } = message;
    if (payload.case !== "command") return;
    const accepted = commands.add(async () => {
      const response = await explore(payload.value);
      if (response && !gone.signal.aborted) reply(explorerFrame(id, response));
    });
    if (!accepted) close(closeReasons.tooManyCommands);
  };

  const receive = (payload: CloudshellPayload) => {
    switch (payload.case) {
      case "ping":
        reply(pongFrame());
        break;
      case "terminalInput": {
        options.touch();
        if (waiting && isInterrupt(payload.value.data)) {
          skip.begin();
          waiting.resolve();
        }
        const data = Buffer.from(payload.value.data, "utf8");
        if (report) report.count(data.length, 0);
        else typedEarly += data.length;
        input.push(data);
        break;
      }
      case "terminalResize": {
        const { cols, rows } = payload.value;
        if (cols < 1 || rows < 1) break;
        wantedSize = { cols: Math.min(cols, largestSide), rows: Math.min(rows, largestSide) };
        void applySize();
        break;
      }
      case "fileExplorer":
        options.touch();
        command(payload.value);
        break;
      default:
      // What only a server sends, or a newer client: nothing to do.
    }
  };

  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (closing) return;
    if (!isBinary) {
      close(closeReasons.notBinary);
      return;
    }
    let payload: CloudshellPayload;
    try {
      payload = decodeFrame(bytesOf(data));
    } catch {
      close(closeReasons.malformed);
      return;
    }
    receive(payload);
  });
  // The library has answered with a pong already.
  socket.on("ping", () => void isReading());
  socket.on("close", () => {
    closing = true;
    gone.abort();
    input.close();
    sender.close();
    skip.end();
    explorerSession.close();
    opened?.call.detach();
    closed.resolve();
  });

  const open = async (): Promise<OpenedShell> =>
    options.openShell({
      daemon,
      workspace: options.workspace,
      key,
      size: wantedSize ?? options.size ?? defaultSize,
      async sessionId(unfinished) {
        report = await options.reports.open(options.subject, ["sh", "pt"], unfinished);
        report.count(typedEarly, 0);
        return report.id;
      },
    });

  const text = createUtf8Chunker();
  /** Set while the client is too slow for what the shell prints. */
  let waiting: PromiseWithResolvers<void> | undefined;
  const skip = createInterruptSkip({ show: (last) => sender.push(text.push(last)) });

  const pump = async ({ call }: OpenedShell): Promise<void> => {
    for await (const chunk of call.output) {
      report?.count(0, chunk.length);
      if (skip.active) {
        skip.drop(chunk);
        continue;
      }
      const room = sender.push(text.push(chunk));
      if (!room) continue;
      waiting = Promise.withResolvers();
      room.then(waiting.resolve);
      await waiting.promise;
      waiting = undefined;
      if (gone.signal.aborted) return;
    }
    skip.end();
    sender.push(text.flush());
  };

  /** The output has ended in order: with the shell, or because the keys for detaching were typed. */
  const isAlive = async (shellId: string): Promise<boolean> => {
    try {
      await daemon.ssh.getCWD({ shellId });
      return true;
    } catch {
      return false;
    }
  };

  const run = async (): Promise<void> => {
    try {
      opened = await open();
      if (closing) {
        opened.call.detach();
        return;
      }
      input.open(opened.call.write);
      // A shell that existed has the size of its last client.
      if (opened.reattached) wantedSize ??= options.size;
      void applySize();
      await pump(opened);
      if (closing) return;
      shellEnded = !(opened.detachable && (await isAlive(opened.shellId)));
      close(shellEnded ? closeReasons.ended : closeReasons.detached);
    } catch (error) {
      if (closing) return;
      log.info({ err: error }, "terminal failed");
      close(reasonFor(error));
    }
  };

  const forget = async ({ shellId, detachable }: OpenedShell): Promise<void> => {
    if (!detachable) return;
    try {
      if ((await records.get(key))?.shellId !== shellId) return;
      if (shellEnded) await records.delete(key);
      else await records.put(key, { shellId });
    } catch (err) {
      log.warn({ err }, "terminal record not updated");
    }
  };

  const connection = live.add({
    workspace: options.workspace,
    shellId: () => opened?.shellId,
    leave,
  });
  try {
    await run();
    // The socket's close may still be on its way; the shell must be free then.
    await closed.promise;
    await report?.end();
    if (opened) await forget(opened);
  } finally {
    connection.done();
  }
};
