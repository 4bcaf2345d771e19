import { resolve } from "node:path";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

const bundle = resolve(import.meta.dirname, "../dist/k8shell-cli.mjs");

/** The command in a terminal, with a person before it. */
export interface CliTerminal {
  /** What is on the screen now, without blanks at the ends of lines and empty lines at its end. */
  screen(): string;
  /** Everything that was written, raw. */
  output(): string;
  /** Resolves when the screen shows it; rejects with what it shows after a minute, or when the command has ended. */
  shows(text: string | RegExp): Promise<void>;
  type(text: string): void;
  resize(cols: number, rows: number): void;
  readonly exit: Promise<number>;
}

export const startCli = (
  home: string,
  args: readonly string[],
  { cols = 80, rows = 24, env = {} }: { cols?: number; rows?: number; env?: Record<string, string> } = {},
): CliTerminal => {
  const terminal = new xterm.Terminal({ cols, rows, allowProposedApi: true });
  const child = spawn(process.execPath, [bundle, ...args], {
    cols,
    rows,
    name: "xterm-256color",
    env: { PATH: process.env.PATH ?? "", HOME: home, ...env },
  });
  let raw = "";
  const watchers = new Set<() => void>();
  child.onData((data) => {
    raw += data;
    terminal.write(data, () => {
      for (const look of [...watchers]) look();
    });
  });
  const exit = new Promise<number>((done) => {
    child.onExit(({ exitCode }) => terminal.write("", () => done(exitCode)));
  });
  const screen = () => {
    const buffer = terminal.buffer.active;
    const lines = Array.from(
      { length: terminal.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "",
    );
    return lines.join("\n").trimEnd();
  };
  return {
    screen,
    output: () => raw,
    shows(text) {
      const matches = () => (typeof text === "string" ? screen().includes(text) : text.test(screen()));
      return new Promise((found, missed) => {
        const tooLong = setTimeout(
          () => missed(new Error(`after a minute there is no ${text} in:\n${screen()}`)),
          60_000,
        );
        const look = () => {
          if (!matches()) return false;
          clearTimeout(tooLong);
          watchers.delete(look);
          found();
          return true;
        };
        if (look()) return;
        watchers.add(look);
        void exit.then((code) => {
          clearTimeout(tooLong);
          if (!look()) missed(new Error(`it ended with ${code} and shows:\n${screen()}`));
        });
      });
    },
    type: (text) => child.write(text),
    resize(columns, lines) {
      terminal.resize(columns, lines);
      child.resize(columns, lines);
    },
    exit,
  };
};
