import { createEmitter } from "../emitter.ts";
import { K8shellError } from "../error.ts";
import type { Transport } from "../transport.ts";
import { backOff, wait } from "../wait.ts";
import { type Connection, connect } from "./connection.ts";
import type { ServerEvent, Welcome } from "./dialect.ts";
import { createDirectoryWatch } from "./directory-watch.ts";
import { type Outcome, outcomeOf, outcomeOfError } from "./end-reasons.ts";
import { createExplorerCalls } from "./explorer.ts";
import { onBackOnline } from "./network-events.ts";
import { createOutput } from "./output.ts";
import { createTerminalList } from "./terminal-list.ts";
import { createTypedInput, messagesOf } from "./typed-input.ts";
import type {
  ClosedTerminal,
  Terminal,
  TerminalEvents,
  TerminalOptions,
  TerminalSize,
  TerminalState,
} from "./types.ts";

const bothProtocols = ["cloudshell-v2", "cloudshell-v1"] as const;
/** A connection that lasted this long was a good one, milliseconds. */
const goodMs = 5_000;
/** Attempts in a row for an end that is likely to come again. */
const fewTimes = 5;
/** Typed bytes that may wait in the socket. */
const mostBuffered = 16 << 20;

const errorOf = ({ reason, message, error }: ClosedTerminal): K8shellError =>
  error ?? new K8shellError(message, { status: 0, code: `terminal_${reason}` });

/** A terminal of a workspace; see `Terminal`. */
export const createTerminal = (
  transport: Transport,
  workspace: string,
  options: TerminalOptions = {},
): Terminal => {
  const {
    tab = crypto.randomUUID(),
    join,
    role,
    firstAttempts = 3,
    attempts = Number.POSITIVE_INFINITY,
  } = options;
  const emitter = createEmitter<TerminalEvents>();
  const typed = createTypedInput();
  const text = new TextEncoder();
  let size: TerminalSize = { cols: options.cols ?? 80, rows: options.rows ?? 24 };
  let state: TerminalState = { name: "connecting" };
  let connection: Connection | undefined;
  let run: AbortController | undefined;
  let waiting: AbortController | undefined;
  let exitCode: number | undefined;
  let notice: string | undefined;
  let everOpen = false;
  let replaced = false;
  let stopListening = () => {};

  const isOpen = () => state.name === "open";
  const send = (frame: Uint8Array | undefined) => connection?.send(frame);
  const output = createOutput((offset) => send(connection?.dialect.acknowledge(offset)));
  const calls = createExplorerCalls((id, command) => send(connection?.dialect.explorer(id, command)));
  const lists = createTerminalList();
  const watch = createDirectoryWatch({
    wanted: () => isOpen() && emitter.count("directory") > 0,
    ask: () => calls.explorer.directory(),
    changed: (path) => emitter.emit("directory", path),
  });

  const enter = (next: TerminalState) => {
    state = next;
    emitter.emit("state", next);
  };
  const mayWrite = () => state.name !== "open" || state.info.role !== "observer";

  const opened = (welcome: Welcome | undefined) => {
    if (!connection) return;
    if (welcome) output.begin(welcome);
    else output.beginUnnumbered();
    const { protocol } = connection;
    const info = welcome?.info ?? {
      id: "",
      role: "owner" as const,
      ...size,
      reattached: false,
      detachable: false,
      protocol,
    };
    if (info.cols !== size.cols || info.rows !== size.rows) resized(info);
    everOpen = true;
    enter({ name: "open", info });
    const early = typed.drain();
    if (mayWrite()) for (const data of early) type(data);
    calls.connected();
    watch.stir();
  };
  const resized = ({ cols, rows }: TerminalSize) => {
    size = { cols, rows };
    output.resized(size);
    emitter.emit("resized", size);
  };
  const type = (data: Uint8Array) => {
    for (const message of messagesOf(data)) send(connection?.dialect.input(message));
  };

  const receive = (event: ServerEvent) => {
    switch (event.kind) {
      case "welcome":
        opened(event.welcome);
        break;
      case "output":
        output.output(event.offset, event.data);
        watch.stir();
        break;
      case "snapshot":
        size = event.size;
        output.snapshot(event.offset, event.size, event.data);
        watch.stir();
        break;
      case "resized":
        resized(event.size);
        break;
      case "exit":
        exitCode = event.code;
        break;
      case "notice":
        notice = event.text;
        emitter.emit("notice", event.text);
        break;
      case "explorer":
        calls.answer(event.id, event.response);
        break;
      case "terminals":
        lists.answer(event.list);
        break;
      default:
      // A newer server's message, or the answer to a ping.
    }
  };

  /** One connection from its beginning to its end. */
  const once = async (signal: AbortSignal): Promise<Outcome> => {
    exitCode = undefined;
    notice = undefined;
    try {
      const made = await connect({
        transport,
        workspace,
        query: { tab, ...size },
        protocols: options.protocols ?? bothProtocols,
        signal,
        onEvent: (event) => {
          if (!signal.aborted) receive(event);
        },
      });
      if (signal.aborted) {
        made.close();
        throw signal.reason;
      }
      connection = made;
      if (made.protocol === "cloudshell-v2")
        send(made.dialect.hello({ size, join, role, resume: output.position }));
      else opened(undefined);
      made.start();
      return outcomeOf(await made.ended, { notice, exitCode });
    } catch (error) {
      return outcomeOfError(error);
    }
  };

  const finish = (closed: ClosedTerminal) => {
    run?.abort();
    run = undefined;
    connection?.close();
    connection = undefined;
    output.stop();
    watch.stop();
    stopListening();
    calls.ended(errorOf(closed));
    lists.ended(errorOf(closed));
    typed.drain();
    enter(closed);
  };

  const loop = async (mine: AbortController) => {
    const { signal } = mine;
    let failures = 0;
    while (!signal.aborted) {
      const began = Date.now();
      const outcome = await once(signal);
      if (signal.aborted) return;
      const wasOpen = isOpen();
      connection = undefined;
      output.stop();
      calls.disconnected();
      lists.disconnected();
      if (replaced) {
        replaced = false;
        enter({ name: "reconnecting", attempt: 1, waitMs: 0, message: "Another screen shows the terminal." });
        continue;
      }
      if ("closed" in outcome) {
        finish(outcome.closed);
        return;
      }
      failures = wasOpen && Date.now() - began >= goodMs ? 1 : failures + 1;
      const most = outcome.again === "a few times" ? fewTimes : everOpen ? attempts : firstAttempts;
      const { message, error } = outcome;
      if (failures >= most) {
        finish({ name: "closed", reason: "failed", message, ...(error ? { error } : {}) });
        return;
      }
      const waitMs = Math.round(Math.max(backOff(failures), error?.retryAfterMs ?? 0));
      enter({ name: "reconnecting", attempt: failures, waitMs, message });
      waiting = new AbortController();
      // `retry()` ends the wait.
      await wait(waitMs, AbortSignal.any([signal, waiting.signal])).catch(() => {});
      if (!signal.aborted) enter({ name: "reconnecting", attempt: failures, waitMs: 0, message });
    }
  };
  const start = () => {
    run = new AbortController();
    stopListening = onBackOnline(() => {
      if (isOpen()) connection?.probe();
      else waiting?.abort();
    });
    void loop(run);
  };

  const close = (reason: "closed" | "aborted") => {
    if (state.name === "closed") return;
    finish({ name: "closed", reason, message: "The terminal was closed; its shell goes on." });
  };
  if (options.signal?.aborted) close("aborted");
  options.signal?.addEventListener("abort", () => close("aborted"), { once: true });

  /** Resolves with the first state that `accepts` takes. */
  const until = <T>(accepts: (state: TerminalState) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (next: TerminalState): boolean => {
        try {
          const value = accepts(next);
          if (value === undefined) return false;
          resolve(value);
        } catch (error) {
          reject(error);
        }
        return true;
      };
      if (look(state)) return;
      const off = emitter.on("state", (next) => {
        if (look(next)) off();
      });
    });

  const terminal: Terminal = {
    tab,
    get state() {
      return state;
    },
    get size() {
      return size;
    },
    on(name, listener) {
      const off = emitter.on(name, listener);
      if (name === "directory") watch.renew();
      return off;
    },
    opened: () =>
      until((next) => {
        if (next.name === "closed") throw errorOf(next);
        return next.name === "open" ? next.info : undefined;
      }),
    closed: () => until((next) => (next.name === "closed" ? next : undefined)),
    attach(screen) {
      const first = !output.hasScreen;
      output.attach(screen);
      if (state.name === "closed") return;
      if (first) start();
      // Another connection brings everything that is kept.
      else if (connection) {
        replaced = true;
        connection.cut();
      }
    },
    write(data) {
      const bytes = typeof data === "string" ? text.encode(data) : data;
      if (state.name === "closed" || !mayWrite()) return false;
      if (!isOpen() || !connection?.isAlive) return typed.push(bytes);
      if (connection.bufferedAmount + bytes.length > mostBuffered) return false;
      type(bytes);
      return true;
    },
    get bufferedAmount() {
      return typed.bytes + (connection?.bufferedAmount ?? 0);
    },
    resize(cols, rows) {
      if (cols === size.cols && rows === size.rows) return;
      size = { cols, rows };
      if (isOpen() && mayWrite()) send(connection?.dialect.resize(size));
    },
    list: ({ signal } = {}) =>
      lists.ask(signal, async () => {
        await terminal.opened();
        send(unlessUnsupported(connection?.dialect.list()));
      }),
    end() {
      if (isOpen()) send(unlessUnsupported(connection?.dialect.end()));
    },
    close: () => close("closed"),
    retry: () => waiting?.abort(),
    reopen() {
      if (state.name !== "closed" || options.signal?.aborted) return;
      enter({ name: "connecting" });
      if (output.hasScreen) start();
    },
    explorer: calls.explorer,
    [Symbol.dispose]: () => close("closed"),
  };
  const unlessUnsupported = (frame: Uint8Array | undefined): Uint8Array => {
    if (frame) return frame;
    throw new K8shellError("The server's terminals cannot do this: it only speaks cloudshell-v1.", {
      status: 0,
      code: "unsupported",
    });
  };
  if (options.screen) terminal.attach(options.screen);
  return terminal;
};
