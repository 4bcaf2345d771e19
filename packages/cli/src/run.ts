import { CommanderError } from "commander";
import { exitCodes, toCliError } from "./errors.ts";
import { createProgram } from "./program.ts";
import { runServer } from "./serve.ts";
import { explainFile } from "./system-error.ts";

const interrupted = new AbortController();
const onInterrupt = () => {
  interrupted.abort();
  // A second Ctrl-C ends what does not listen.
  process.once("SIGINT", () => process.exit(exitCodes.interrupted));
};
process.once("SIGINT", onInterrupt);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // `| head` closes the pipe: nobody wants the rest.
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  const { why, fix } = explainFile(error) ?? { why: error.message, fix: "Write it somewhere else" };
  process.stderr.write(`k8shell: Standard output cannot be written: ${why}.\n  ${fix}\n`);
  process.exit(exitCodes.failed);
});
process.removeAllListeners("warning");

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  signal: interrupted.signal,
};

try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === "serve") {
    // The server has options of its own, some with names that mean something else here.
    process.removeListener("SIGINT", onInterrupt);
    await runServer(rest);
  } else await createProgram(io).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (interrupted.signal.aborted) {
    process.exitCode = exitCodes.interrupted;
  } else {
    const { message, hint, exitCode } = toCliError(error);
    process.stderr.write(`k8shell: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}`);
    process.exitCode = exitCode;
  }
}
