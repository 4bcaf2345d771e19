import type { ActionPermission } from "@k8shell/contract";
import { afterOwnTime } from "@k8shell/contract";
import type { FileExplorerMessage } from "@k8shell/contract/gen/cloudshell/cloudshell_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { WorkspaceClient } from "../backends/backends.ts";
import { bytesOf } from "../http/websocket.ts";
import type { TerminalRecorder } from "../recording/recorder.ts";
import { type CloseReason, closeReasons, reasonFor } from "./close-reasons.ts";
import { createCommandQueue } from "./command-queue.ts";
import type { ClientEvent, ClientHello, Dialect, ListedTerminal } from "./dialect.ts";
import { createExplorerSession } from "./explorer-session.ts";
import { createFileExplorer } from "./file-explorer.ts";
import type { HubTerminal, TerminalEnd } from "./hub-terminal.ts";
import { createInputQueue } from "./input-queue.ts";
import type { LiveTerminal, LiveTerminals } from "./live-terminals.ts";
import { createOutputViewer, type OutputViewer } from "./output-viewer.ts";
import { chooseRole, mayWrite, type Role } from "./roles.ts";
import type { SessionReport, SessionReports, SessionSubject } from "./session-reports.ts";
import type { TerminalSize } from "./shell-opener.ts";
import type { OpenedTerminal, TerminalHub } from "./terminal-hub.ts";
import type { TerminalRecords } from "./terminal-records.ts";

/** One browser socket with a terminal and a file explorer behind it. */
export interface TerminalConnectionOptions {
  readonly socket: WebSocket;
  readonly dialect: Dialect;
  /** Called when the user types or uses the file explorer. */
  readonly touch: () => void;
  readonly daemon: WorkspaceClient;
  /** Which workspace, for what is remembered about it. */
  readonly workspace: string;
  /** Key of the tab's record. */
  readonly key: string;
  /** As the client said in the address; a later resize wins. */
  readonly size: TerminalSize | undefined;
  readonly subject: SessionSubject;
  /** User the workspace belongs to: a terminal whose owner is not known is theirs. */
  readonly workspaceOwner: string;
  /** May the caller have this role in a terminal that somebody else opened? Throws ApiError when not. */
  readonly authorizeRole: (role: Role) => Promise<void>;
  /** May the caller use the file explorer? Throws ApiError when not. */
  readonly authorizeFiles: () => Promise<void>;
  /** May the explorer do this with a path? Throws ApiError when not. */
  readonly authorizeFile: (action: ActionPermission, path: string) => Promise<void>;
  /** Begins the recording of a session; absent: it is not recorded. */
  readonly record: ((sessionId: string, size: TerminalSize) => TerminalRecorder) | undefined;
  readonly hub: TerminalHub;
  readonly listTerminals: () => Promise<readonly ListedTerminal[]>;
  readonly live: LiveTerminals;
  readonly records: TerminalRecords;
  readonly reports: SessionReports;
  readonly log: Logger;
}

const defaultSize: TerminalSize = { cols: 80, rows: 24 };
const largestSide = 1000;
/** A client with this many unread bytes, or answers, is not reading its answers at all. */
const maxUnread = 8 << 20;
const maxUnreadAnswers = 256;
/** How long a connection that is taken over has to close in order, milliseconds. */
const leaveMs = 1_000;
/** How long a client may take to say hello, milliseconds. */
const helloMs = 10_000;

const clamp = ({ cols, rows }: TerminalSize): TerminalSize => ({
  cols: Math.min(cols, largestSide),
  rows: Math.min(rows, largestSide),
});

/** Did the user type just the interrupt or quit key? Within a paste they are text. */
const isInterrupt = (data: Uint8Array): boolean =>
  data.length === 1 && (data[0] === 0x03 || data[0] === 0x1c);

const asksDirectory = ({ payload }: FileExplorerMessage): boolean =>
  payload.case === "command" && payload.value.payload.case === "getCwd";

/** The network went, rather than a side that closed. */
const brokenOff = 1006;

const reasonOf = (end: TerminalEnd): CloseReason => {
  switch (end.kind) {
    case "exited":
      return closeReasons.ended;
    case "detached":
      return closeReasons.detached;
    case "released":
      return closeReasons.takenOver;
    case "lost":
      return reasonFor(end.error);
  }
};

/**
 * Serves one socket until it is closed (rest-contract 3.4, grpc-behaviour section 10, docs/protocols/cloudshell-v2.md).
 * Call it in the same turn of the event loop in which the socket was accepted. Closing the last socket detaches the
 * shell; the end of the shell closes the sockets. Never throws.
 */
export const serveTerminal = async (options: TerminalConnectionOptions): Promise<void> => {
  const { socket, dialect, daemon, key, live, records, subject, log } = options;
  const commands = createCommandQueue();
  const gone = new AbortController();
  const closed = Promise.withResolvers<void>();
  const greeted = Promise.withResolvers<ClientHello | undefined>();
  let greetedAlready = false;
  let report: SessionReport | undefined;
  let recorder: TerminalRecorder | undefined;
  let stopRecording: (() => void) | undefined;
  let terminal: HubTerminal | undefined;
  let viewer: OutputViewer | undefined;
  let role: Role = "owner";
  let joined = false;
  let closing = false;
  /** Another connection of the tab waits until this one is closed. */
  let leaving = false;
  let closeCode = brokenOff;
  let wantedSize: TerminalSize | undefined;
  let typedEarly = 0;

  const input = createInputQueue({ pause: () => socket.pause(), resume: () => socket.resume() });

  const stopViewing = () => {
    viewer?.close();
    if (terminal && viewer) terminal.detach(viewer, closeCode === brokenOff);
  };
  const close = ({ code, reason, notice }: CloseReason) => {
    if (closing) return;
    closing = true;
    closeCode = code;
    // A paused socket would not see the other side's answer.
    socket.resume();
    if (notice !== undefined) socket.send(dialect.notice(notice), () => {});
    socket.close(code, reason);
    stopViewing();
  };
  const leave = () => {
    leaving ||= !closing;
    close(closeReasons.takenOver);
    // Somebody waits for the tab: a window that does not answer is not waited for.
    setTimeout(() => socket.terminate(), leaveMs).unref();
  };
  let unread = 0;
  const isReading = (): boolean => {
    if (socket.bufferedAmount <= maxUnread && unread < maxUnreadAnswers) return true;
    close(closeReasons.notReading);
    socket.terminate();
    return false;
  };
  const reply = (frame: Uint8Array | undefined) => {
    if (!frame || !isReading()) return;
    unread += 1;
    socket.send(frame, () => {
      unread -= 1;
    });
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
    authorize: options.authorizeFile,
    signal: gone.signal,
    async cwd() {
      if (!terminal) throw new RpcError(Code.NotFound, "no shell yet");
      return (await daemon.ssh.getCWD({ shellId: terminal.shellId })).path;
    },
  });
  const enqueue = (work: () => Promise<Uint8Array | undefined>) => {
    const accepted = commands.add(async () => {
      const frame = await work();
      if (!gone.signal.aborted) reply(frame);
    });
    if (!accepted) close(closeReasons.tooManyCommands);
  };
  const command = ({ id, payload }: FileExplorerMessage) => {
    if (payload.case !== "command") return;
    enqueue(async () => {
      const response = await explore(payload.value);
      return response && dialect.explorer(id, response);
    });
  };

  const type = (data: Uint8Array) => {
    if (!mayWrite(role)) return;
    if (isInterrupt(data)) terminal?.interrupt();
    if (report) report.count(data.length, 0);
    else typedEarly += data.length;
    input.push(data);
  };
  const resize = (size: TerminalSize) => {
    if (size.cols < 1 || size.rows < 1) return;
    wantedSize = clamp(size);
    if (viewer && mayWrite(role)) terminal?.resize(wantedSize);
  };

  const receive = (event: ClientEvent) => {
    switch (event.kind) {
      case "hello":
        if (greetedAlready) return;
        greetedAlready = true;
        greeted.resolve(event.hello);
        break;
      case "ping":
        reply(dialect.pong());
        break;
      case "input":
        options.touch();
        type(event.data);
        break;
      case "resize":
        resize(event);
        break;
      case "acknowledge":
        viewer?.acknowledge(event.offset);
        break;
      case "explorer":
        // A client that follows the shell's directory asks by itself, with nobody there.
        if (!asksDirectory(event.message)) options.touch();
        command(event.message);
        break;
      case "list":
        enqueue(async () => dialect.terminals(await options.listTerminals()));
        break;
      case "end":
        if (mayWrite(role)) terminal?.endShell();
        break;
      default:
      // What only a server sends, or a newer client: nothing to do.
    }
  };

  /** What was typed before the client knew that it has to leave, and arrives before it has closed: the shell is attached still. */
  const takeLate = (data: RawData) => {
    try {
      const event = dialect.decode(bytesOf(data));
      if (event.kind === "input") type(event.data);
    } catch {
      // It is closed already.
    }
  };
  socket.on("message", (data: RawData, isBinary: boolean) => {
    if (closing) {
      if (leaving && isBinary) takeLate(data);
      return;
    }
    if (!isBinary) {
      close(closeReasons.notBinary);
      return;
    }
    let event: ClientEvent;
    try {
      event = dialect.decode(bytesOf(data));
    } catch {
      close(closeReasons.malformed);
      return;
    }
    if (dialect.greets && !greetedAlready && event.kind !== "hello") {
      close(closeReasons.noHello);
      return;
    }
    receive(event);
  });
  // The library has answered with a pong already.
  socket.on("ping", () => void isReading());
  socket.on("close", (code) => {
    if (!closing) closeCode = code;
    closing = true;
    gone.abort();
    input.close();
    explorerSession.close();
    stopViewing();
    greeted.resolve(undefined);
    closed.resolve();
  });

  const hello = async (): Promise<ClientHello | undefined> => {
    if (!dialect.greets) {
      return { size: options.size, terminal: undefined, role: undefined, resume: undefined };
    }
    const stopWaiting = afterOwnTime(helloMs, () => close(closeReasons.noHello));
    try {
      return await greeted.promise;
    } finally {
      stopWaiting();
    }
  };

  const open = async (said: ClientHello, size: TerminalSize): Promise<OpenedTerminal | undefined> => {
    const request = { daemon, workspace: options.workspace, size, username: subject.username };
    if (said.terminal === undefined) {
      return options.hub.open(key, request, {
        takeOver: () => live.takeOver(key, connection),
        opened(opened) {
          terminal = opened;
        },
      });
    }
    joined = true;
    return options.hub.join(said.terminal, request);
  };

  /** Notes the connection with the Session service, and the shell with the tab. */
  const note = async ({ shellId, detachable }: HubTerminal, reattached: boolean): Promise<void> => {
    // After the take-over: a connection that left in order has closed its session record.
    const known = joined ? undefined : await records.get(key);
    const unfinished = reattached && known?.shellId === shellId ? known.sessionId : undefined;
    report = await options.reports.open(subject, ["sh", "pt"], unfinished);
    report.count(typedEarly, 0);
    if (joined) return;
    if (detachable) await records.put(key, { shellId, sessionId: report.id });
    else if (known) await records.delete(key);
  };

  const show = async (opened: HubTerminal, said: ClientHello, reattached: boolean): Promise<void> => {
    const { ring, stream, shellId: id, detachable, size } = opened;
    const resume = said.resume?.stream === stream ? said.resume.offset : undefined;
    const resumes = resume !== undefined && resume >= ring.start && (await opened.reaches(resume));
    if (closing) return;
    const offset = resumes && resume >= ring.start ? resume : ring.start;
    // Anybody else gets what is kept, or a picture of the screen if that is not all: by an offset that is not kept.
    const from = dialect.numbered && offset !== resume && opened.incomplete ? ring.start - 1 : offset;
    const { head } = ring;
    reply(dialect.welcome({ terminal: id, stream, offset, head, role, ...size, reattached, detachable }));
    if (recorder) stopRecording = opened.tap(offset, recorder);
    const made = createOutputViewer({
      socket,
      terminal: opened,
      frames: options.hub.frames,
      format: dialect.output(),
      from,
      paces: mayWrite(role),
      acknowledges: dialect.numbered,
      count: (bytes) => report?.count(0, bytes),
      onEnd(end) {
        if (end.kind === "exited") reply(dialect.exit(end.code));
        close(reasonOf(end));
      },
    });
    viewer = made;
    opened.attach(made);
    made.more();
  };

  const run = async (): Promise<void> => {
    let opened: OpenedTerminal | undefined;
    try {
      const said = await hello();
      if (!said || closing) return;
      const size = clamp(wantedSize ?? said.size ?? options.size ?? defaultSize);
      opened = await open(said, size);
      if (!opened) {
        close(closeReasons.unknown);
        return;
      }
      const { reattached } = opened;
      if (joined) {
        const isOwner = (opened.owner ?? options.workspaceOwner) === subject.username;
        role = chooseRole(isOwner, said.role);
        if (!isOwner) await options.authorizeRole(role);
      } else role = said.role === "observer" ? "observer" : "owner";
      if (closing) return;
      terminal = opened.terminal;
      await note(opened.terminal, reattached);
      recorder = report && options.record?.(report.id, opened.terminal.size);
      if (closing) return;
      if (mayWrite(role)) {
        const { write } = opened.terminal;
        input.open((data) => {
          recorder?.input(data);
          return write(data);
        });
        // A shell that existed has the size of its last client.
        const wanted = wantedSize ?? (reattached ? (said.size ?? options.size) : undefined);
        if (wanted) opened.terminal.resize(clamp(wanted));
      } else input.close();
      await show(opened.terminal, said, reattached);
    } catch (error) {
      if (closing) return;
      log.info({ err: error }, "terminal failed");
      close(reasonFor(error));
    } finally {
      opened?.ready();
    }
  };

  const forget = async ({ shellId, detachable, end }: HubTerminal): Promise<void> => {
    if (!detachable || joined) return;
    try {
      if ((await records.get(key))?.shellId !== shellId) return;
      if (end?.kind === "exited") await records.delete(key);
      else await records.put(key, { shellId });
    } catch (err) {
      log.warn({ err }, "terminal record not updated");
    }
  };

  const connection: LiveTerminal = {
    workspace: options.workspace,
    get key() {
      return joined ? undefined : key;
    },
    username: subject.username,
    role: () => role,
    shellId: () => terminal?.shellId,
    leave,
  };
  const { done } = live.add(connection);
  try {
    await run();
    // The socket's close may still be on its way; the tab must be free then.
    await closed.promise;
    stopRecording?.();
    await recorder?.end();
    await report?.end();
    if (terminal) await forget(terminal);
  } finally {
    done();
  }
};
