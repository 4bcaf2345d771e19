import { accessSync, constants } from "node:fs";

const programs = ["/bin/true", "/usr/bin/true"];

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Ends the process with code 0, at once and for certain.
 *
 * process.exit can hang for ever while V8 compiles in another thread (nodejs/node#54918; seen about once in forty
 * exits on a loaded machine), and a daemon that does not go away holds up its launcher. Turning into `true` leaves no
 * thread to wait for.
 */
export const leave = (): never => {
  const program = programs.find(isExecutable);
  if (program !== undefined && process.execve !== undefined) process.execve(program, ["true"], {});
  process.exit(0);
};
