import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

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
