import { ApiError } from "../http/api-error.ts";

/** A word for a POSIX shell, whatever is in it. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export interface CommandSpec {
  /** A line for the shell, or a program and its arguments, which no shell interprets. */
  readonly command: string | readonly string[];
  /** Directory to run in; the home directory when absent. */
  readonly cwd?: string | undefined;
}

/**
 * The line that the workspace's shell runs (grpc-behaviour section 4, Exec: builds run `<shell> -c line`).
 * @throws ApiError invalid_body for text that no program can be given
 */
export const commandText = ({ command, cwd }: CommandSpec): string => {
  const words = typeof command === "string" ? [command] : command;
  if ([...words, cwd ?? ""].some((text) => text.includes("\0"))) {
    throw new ApiError("invalid_body", 'Body field "command": must not contain NUL characters.');
  }
  const line = typeof command === "string" ? command : command.map(quoteWord).join(" ");
  // A command that is not there must not run elsewhere.
  return cwd === undefined ? line : `cd -- ${quoteWord(cwd)} || exit 1\n${line}`;
};
