import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError } from "./errors.ts";

const notFound = 127;

/**
 * Runs a program in this one's place, with the terminal, and resolves to what it exited with.
 * @throws CliError when there is no such program
 */
export const runProgram = (program: string, args: readonly string[], hint: string): Promise<number> =>
  new Promise((resolve, reject) => {
    // The terminal sends Ctrl-C to it as well; it decides.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    const child = spawn(program, [...args], { stdio: "inherit" });
    child.once("error", (cause: NodeJS.ErrnoException) => {
      process.removeListener("SIGINT", ignore);
      reject(
        new CliError(
          cause.code === "ENOENT" ? `${program} is not installed.` : `${program} could not be run.`,
          { hint, exitCode: notFound, cause },
        ),
      );
    });
    child.once("exit", (code, signal) => {
      process.removeListener("SIGINT", ignore);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
