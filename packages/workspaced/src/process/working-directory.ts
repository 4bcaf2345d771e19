import { statSync } from "node:fs";

/** `path` when it is a directory, else `/`: a missing home must not keep a shell from starting. */
export const directoryOrRoot = (path: string): string => {
  try {
    return statSync(path).isDirectory() ? path : "/";
  } catch {
    return "/";
  }
};
