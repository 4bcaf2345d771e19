import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CliError, exitCodes } from "./errors.ts";

const server = "dist/k8shell.mjs";

/** The server's bundle above this module: of this package, or of the repository it was built in. */
const findServer = (): string | undefined => {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (dirname(dir) !== dir) {
    if (existsSync(join(dir, "packages/api-server/package.json"))) {
      return existsSync(join(dir, server)) ? join(dir, server) : undefined;
    }
    dir = dirname(dir);
  }
  return undefined;
};

const serverNode = 24;
/** One of the packages that are optional for the client. */
const needed = "@node-rs/argon2";

/** The server's bundle. @throws CliError where this installation has no server, or Node is too old for it */
export const requireServer = (): string => {
  const found = findServer();
  if (found === undefined) {
    throw new CliError("This installation has only the client.", {
      hint: "Install the package k8shell with npm, or run npm start in the repository",
      exitCode: exitCodes.unsupported,
    });
  }
  if (Number(process.versions.node.split(".")[0]) < serverNode) {
    throw new CliError(`The server needs Node ${serverNode} or later; this is ${process.version}.`, {
      hint: `Run it with a newer Node, e.g. npx -p node@${serverNode} -p k8shell k8shell serve`,
      exitCode: exitCodes.unsupported,
    });
  }
  try {
    createRequire(found).resolve(needed);
  } catch (cause) {
    throw new CliError("The packages that the server needs are not installed.", {
      hint: "Install again with optional packages: npm install -g k8shell --include=optional",
      exitCode: exitCodes.unsupported,
      cause,
    });
  }
  return found;
};

/**
 * Becomes the server: the same program as `npm start`, or with a service's name first, one service of the platform.
 * @param args what follows `k8shell serve`
 * @throws CliError where it cannot run
 */
export const runServer = async (args: readonly string[]): Promise<void> => {
  const found = requireServer();
  const [first] = args;
  // Options alone are the gateway's; a word names one service.
  const own = first === undefined || first.startsWith("-") ? args : ["serve", ...args];
  process.argv.splice(1, process.argv.length, found, ...own);
  await import(pathToFileURL(found).href);
};
