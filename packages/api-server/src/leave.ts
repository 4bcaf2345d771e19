import { accessSync, constants } from "node:fs";

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Ends the process at once and for certain, with code 0 when all went well and 1 when not.
 *
 * process.exit can hang for ever while V8 compiles in another thread (nodejs/node#54918), and whoever stops the server
 * waits for it. Turning into `true` or `false` leaves no thread to wait for. The workspace daemon does the same.
 */
export const leave = (code: 0 | 1): never => {
  const name = code === 0 ? "true" : "false";
  const program = [`/bin/${name}`, `/usr/bin/${name}`].find(isExecutable);
  if (program !== undefined && process.execve !== undefined) process.execve(program, [name], {});
  process.exit(code);
};
