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
  // What is typed is echoed by the interface itself: a hidden one writes to nowhere.
  const output = options.hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : io.stderr;
  if (options.hidden) io.stderr.write(question);
  const reader = createInterface({ input: io.stdin, output, terminal: true });
  const left = new Promise<never>((_, reject) => {
    const leave = () => reject(new CliError("Nothing was answered.", { exitCode: exitCodes.interrupted }));
    reader.once("SIGINT", leave);
    reader.once("close", leave);
  });
  // It also closes after an answer, when nobody waits for this any more.
  left.catch(() => {});
  try {
    return (
      await Promise.race([reader.question(options.hidden ? "" : question, { signal: io.signal }), left])
    ).trim();
  } finally {
    reader.close();
    io.stderr.write(options.hidden ? "\n" : "");
  }
};

/** Asks for a yes. `assume` answers without asking. */
export const confirm = async (io: Io, question: string, assume: boolean): Promise<boolean> =>
  assume || /^y(es)?$/i.test(await ask(io, `${question} [y/N] `));
