import type { ClosedTerminal, Terminal, TerminalRole, TerminalState } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { isInteractive } from "../io.ts";
import { plain } from "../output/table.ts";
import { clientFor } from "../workspace/find.ts";
import { createKeyWatch, parseKeySequence } from "./key-sequence.ts";
import { listTerminals } from "./list.ts";
import { createLostNotice } from "./lost-notice.ts";
import { createScreenModes } from "./screen-modes.ts";

export interface ShellFlags {
  readonly attach?: string;
  readonly list?: boolean;
  readonly tab?: string;
  readonly role?: TerminalRole;
  readonly detachKey: string;
}

const interruptKey = 3;
/** What passes by itself sooner is not shown, milliseconds. */
const patienceMs = 700;
const redrawMs = 150;

const exitCodeFor: Readonly<Partial<Record<ClosedTerminal["reason"], number>>> = {
  aborted: exitCodes.interrupted,
  unauthenticated: exitCodes.signedOut,
  refused: exitCodes.forbidden,
  not_found: exitCodes.notFound,
  taken_over: exitCodes.conflict,
  busy: exitCodes.conflict,
  failed: exitCodes.unreachable,
};

const hintFor = (reason: ClosedTerminal["reason"], name: string): string | undefined => {
  if (reason === "unauthenticated") return "Sign in again: k8shell login";
  if (reason === "not_found" || reason === "busy" || reason === "taken_over")
    return `See the terminals there are: k8shell workspace shell ${name} --list`;
  if (reason === "refused") return `Does it run? k8shell workspace get ${name}`;
  return "Find out what is wrong: k8shell doctor";
};

const lostText = (
  { attempt, waitMs, message }: Extract<TerminalState, { name: "reconnecting" }>,
  keys: string,
) =>
  [
    `The connection is lost: ${plain(message)}`,
    waitMs > 0
      ? `Trying again in ${Math.ceil(waitMs / 1000)} s (attempt ${attempt}).`
      : `Trying again (attempt ${attempt}).`,
    `The shell goes on, and what you type is kept for it. ${keys} leaves.`,
  ].join(" ");

/** Connects this terminal with one of the workspace until either ends. */
const connect = async (cli: Cli, terminal: Terminal, detachKey: string): Promise<ClosedTerminal> => {
  const { stdin, stdout } = cli.io;
  const sequence = createKeyWatch(parseKeySequence(detachKey));
  const modes = createScreenModes();
  const notice = createLostNotice(stdout, modes);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let anythingShown = false;

  const onState = (state: TerminalState) => {
    clearTimeout(timer);
    if (state.name === "reconnecting") {
      const text = lostText(state, detachKey);
      timer = setTimeout(() => notice.show(text), patienceMs);
    } else if (notice.hide() && state.name === "open") {
      // A program that fills the screen draws it again when its size changes.
      terminal.resize(stdout.columns, Math.max(1, stdout.rows - 1));
      // Apart, as two changes at once may come to none.
      timer = setTimeout(onResize, redrawMs);
    }
  };
  const onData = (data: Buffer) => {
    const isOpen = terminal.state.name === "open";
    if (sequence.saw(data) || (terminal.state.name === "connecting" && data.includes(interruptKey))) {
      terminal.close();
    } else if (!terminal.write(data) && isOpen) {
      stdout.write("\u0007");
    }
  };
  const onResize = () => terminal.resize(stdout.columns, stdout.rows);
  const onHangUp = () => terminal.close();

  terminal.on("state", onState);
  stdin.setRawMode(true);
  stdin.on("data", onData);
  stdin.resume();
  stdout.on("resize", onResize);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, onHangUp);
  try {
    terminal.attach({
      write(data, rendered) {
        modes.saw(data);
        anythingShown = true;
        stdout.write(data, () => rendered());
      },
      reset() {
        // What was on the screen before this command stays.
        if (anythingShown) stdout.write(`${modes.restore()}\u001b[H\u001b[2J\u001b[3J`);
      },
    });
    return await terminal.closed();
  } finally {
    clearTimeout(timer);
    notice.hide();
    stdout.write(modes.restore());
    stdout.removeListener("resize", onResize);
    stdin.removeListener("data", onData);
    stdin.setRawMode(false);
    stdin.destroy();
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.removeListener(signal, onHangUp);
  }
};

/** A terminal in a workspace, in this terminal. */
export const shell = async (cli: Cli, wanted: string, flags: ShellFlags): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  if (flags.list) return listTerminals(cli, client, name);
  const { stdin, stdout } = cli.io;
  if (!isInteractive(stdin) || !isInteractive(stdout)) {
    throw new CliError("This is not a terminal.", {
      hint: `Run a command instead: k8shell workspace exec ${name} -- COMMAND`,
      exitCode: exitCodes.usage,
    });
  }
  const terminal = client.terminal(name, {
    cols: stdout.columns,
    rows: stdout.rows,
    tab: flags.tab,
    join: flags.attach,
    role: flags.role,
  });
  let id = flags.attach;
  terminal.on("state", (state) => {
    if (state.name === "open" && state.info.id !== "") id = state.info.id;
  });
  const closed = await connect(cli, terminal, flags.detachKey);
  switch (closed.reason) {
    case "ended":
      process.exitCode = closed.exitCode ?? exitCodes.ok;
      return;
    case "detached":
    case "closed": {
      const again = id === undefined ? "" : ` Attach again: k8shell workspace shell ${name} --attach ${id}`;
      cli.io.stderr.write(`\nDetached from ${name}; the shell goes on.${again}\n`);
      return;
    }
    default:
      throw new CliError(plain(closed.message), {
        hint: hintFor(closed.reason, name),
        exitCode: exitCodeFor[closed.reason] ?? exitCodes.failed,
        cause: closed.error,
      });
  }
};
