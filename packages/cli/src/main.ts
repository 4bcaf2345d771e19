import { enableCompileCache } from "node:module";
import { CommanderError } from "commander";
import { exitCodes, toCliError } from "./errors.ts";
import { createProgram } from "./program.ts";

enableCompileCache();

const interrupted = new AbortController();
process.once("SIGINT", () => {
  interrupted.abort();
  // A second Ctrl-C ends what does not listen.
  process.once("SIGINT", () => process.exit(exitCodes.interrupted));
});
// `| head` closes the pipe: nobody wants the rest.
process.stdout.on("error", () => process.exit(exitCodes.ok));
process.removeAllListeners("warning");

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  signal: interrupted.signal,
};

try {
  await createProgram(io).parseAsync(process.argv);
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
