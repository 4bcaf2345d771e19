// One measurement, in a process and on a core of its own: `client.ts TARGET WORK`, both JSON. Prints a JSON line.
import { setTimeout as sleep } from "node:timers/promises";
import { openTerminal, type Target, type Terminal } from "./terminal.ts";

/** What is measured: how fast `command` prints `bytes` between two marks, or the echo of single keys. */
export type Work =
  | { readonly kind: "output"; readonly command: string; readonly bytes: number }
  | { readonly kind: "echo"; readonly keys: number };

export interface Measured {
  /** MB/s of what the program wrote. */
  readonly rate?: number;
  /** Milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
}

/** Prints before and after what is measured. */
const mark = "\x1e";

/** Types a line, which the terminal is not to echo, and resolves to the times of its two marks, milliseconds. */
const timed = (terminal: Terminal, line: string): Promise<readonly number[]> =>
  new Promise((resolve) => {
    const seen: number[] = [];
    terminal.onOutput = (output) => {
      for (let at = output.indexOf(mark); at >= 0; at = output.indexOf(mark, at + 1))
        seen.push(performance.now());
      if (seen.length < 2) return;
      terminal.onOutput = () => undefined;
      resolve(seen);
    };
    terminal.type(`${line}\n`);
  });

/** A shell that says nothing by itself. */
const quiet = async (terminal: Terminal): Promise<void> => {
  await timed(
    terminal,
    "stty -echo; PS1= PROMPT_COMMAND=; bind 'set enable-bracketed-paste off'; printf '\\036\\036'",
  );
  await sleep(200);
};

const measureOutput = async (terminal: Terminal, command: string, bytes: number): Promise<Measured> => {
  const [from = 0, to = 0] = await timed(
    terminal,
    `printf '\\036'; ${command}; printf '\\036'; stty sane -echo`,
  );
  return { rate: bytes / 1000 / (to - from) };
};

const measureEcho = async (terminal: Terminal, keys: number): Promise<Measured> => {
  // An editor, as far as the terminal is concerned: it reads keys and answers itself.
  terminal.type("stty raw -echo; cat\n");
  await sleep(500);
  const times: number[] = [];
  for (let key = 0; key < keys; key += 1) {
    const typed = performance.now();
    const echoed = new Promise<void>((resolve) => {
      terminal.onOutput = () => resolve();
    });
    terminal.type("k");
    await echoed;
    times.push(performance.now() - typed);
    await sleep(2 + (key % 5));
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(keys / 2)], p99: times[Math.floor(keys * 0.99)] };
};

const [target = "", work = ""] = process.argv.slice(2);
const terminal = await openTerminal(JSON.parse(target) as Target);
const wanted = JSON.parse(work) as Work;
await sleep(500);
await quiet(terminal);
const measured =
  wanted.kind === "output"
    ? await measureOutput(terminal, wanted.command, wanted.bytes)
    : await measureEcho(terminal, wanted.keys);
console.log(JSON.stringify(measured));
terminal.close();
setTimeout(() => process.exit(0), 100);
