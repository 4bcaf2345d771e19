import { basename } from "node:path";
import { findProgram } from "../process/find-program.ts";

/** Shells that take `-l` for a login shell. Others start without it. */
const loginFlagShells = new Set([
  "bash",
  "zsh",
  "sh",
  "dash",
  "ash",
  "ksh",
  "ksh93",
  "mksh",
  "fish",
  "tcsh",
  "csh",
  "nu",
]);

/** The first of the wanted shells that exists, else /bin/sh (grpc-behaviour section 4). */
export const chooseShell = (wanted: readonly string[], path: string): string => {
  for (const name of wanted) {
    const found = findProgram(name, path);
    if (found !== undefined) return found;
  }
  return "/bin/sh";
};

/** Arguments that make `shell` a login shell. */
export const loginArguments = (shell: string): string[] =>
  loginFlagShells.has(basename(shell)) ? ["-l"] : [];
