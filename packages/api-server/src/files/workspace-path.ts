import { ApiError } from "../http/api-error.ts";

declare const checked: unique symbol;

/**
 * A path inside a workspace: absolute, or relative to the home directory. The workspace itself is the boundary, so
 * `..` and links may lead anywhere in it.
 */
export type WorkspacePath = string & { readonly [checked]: true };

/** Limits of the file system, in bytes: PATH_MAX less its terminator, and NAME_MAX. */
const maxPathBytes = 4095;
const maxNameBytes = 255;

const refuse = (message: string) => new ApiError("invalid_path", message);

const isWorkspacePath = (path: string): path is WorkspacePath => {
  if (path === "") throw refuse("The path is empty.");
  if (path.includes("\0")) throw refuse("The path contains a NUL character.");
  if (!path.isWellFormed()) throw refuse("The path is not valid Unicode.");
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw refuse(`The path is longer than ${maxPathBytes} bytes.`);
  }
  if (path.split("/").some((name) => Buffer.byteLength(name) > maxNameBytes)) {
    throw refuse(`A name in the path is longer than ${maxNameBytes} bytes.`);
  }
  return true;
};

/**
 * Parses the path of a request. `~` and `~/…` mean the home directory.
 * @throws ApiError invalid_path
 */
export const parseWorkspacePath = (text: string): WorkspacePath => {
  const path = text === "~" ? "." : text.startsWith("~/") ? `./${text.slice(2)}` : text;
  if (!isWorkspacePath(path)) throw refuse("The path is not valid.");
  return path;
};

/** The last name of a path; empty for `/`. */
export const baseName = (path: string): string => {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
};

/** Everything before the last name, e.g. `/a` for `/a/b`, `.` for `b`. */
export const parentOf = (path: string): string => {
  const trimmed = path.replace(/\/+$/, "");
  const cut = trimmed.lastIndexOf("/");
  return cut < 0 ? "." : cut === 0 ? "/" : trimmed.slice(0, cut);
};

/** Does the path say by its form that it names a directory? */
export const namesDirectory = (path: string): boolean => /(^|\/)\.{0,2}$/.test(path);
