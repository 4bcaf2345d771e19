import { posix } from "node:path";

/**
 * The one way to write a workspace path: absolute, or below the home directory as `~/…`; without `.`, doubled or
 * trailing slashes, and without `..` where that says the same. Policies and audit records see this. Links are not
 * looked at.
 */
export const normalPath = (path: string): string => {
  if (path.startsWith("/")) {
    const absolute = posix.normalize(path);
    return absolute.length > 1 && absolute.endsWith("/") ? absolute.slice(0, -1) : absolute;
  }
  const below = path === "~" || path.startsWith("~/") ? path.slice(2) : path;
  const relative = posix.normalize(below === "" ? "." : below).replace(/\/$/, "");
  return relative === "." ? "~" : `~/${relative}`;
};
