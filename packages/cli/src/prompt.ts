import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CliError, exitCodes } from "./errors.ts";
import { type Io, isInteractive } from "./io.ts";

/** Asks a person. @throws CliError where nobody can answer */
export const ask = async (io: Io, question: string, options: { hidden?: boolean } = {}): Promise<string> => {
  if (!isInteractive(io.stdin)) {
    throw new CliError(`There is nobody to ask: ${question.trim()}`, {
      hint: "Give it as a flag (see --help)",
      exitCode: exitCodes.usage,
    });
  }
  io.stderr.write(question);
  // What is typed is echoed by the interface itself: a hidden one writes to nowhere.
  const output = options.hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : io.stderr;
  const reader = createInterface({ input: io.stdin, output, terminal: true });
  try {
    return (await reader.question("", { signal: io.signal })).trim();
  } finally {
    reader.close();
    if (options.hidden) io.stderr.write("\n");
  }
};

/** Asks for a yes. `assume` answers without asking. */
export const confirm = async (io: Io, question: string, assume: boolean): Promise<boolean> =>
  assume || /^y(es)?$/i.test(await ask(io, `${question} [y/N] `));
