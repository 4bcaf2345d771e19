import { accessSync, constants, statSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";

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

const isExecutableFile = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Finds a program: as is when absolute, otherwise in the directories of `path` (`PATH` syntax). */
export const findProgram = (name: string, path: string): string | undefined => {
  if (name === "" || name.includes("\0")) return undefined;
  if (isAbsolute(name)) return isExecutableFile(name) ? name : undefined;
  if (name.includes("/")) return undefined;
  return path
    .split(":")
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name))
    .find(isExecutableFile);
};

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
