import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the parts of the product are on this disk. */
export interface ProductPaths {
  /** The workspace daemon's bundle. */
  readonly daemonEntry: string;
  readonly consoleDir: string;
}

/**
 * Finds the product's root upwards from this module, which runs from source (packages/api-server/src/assemble) and
 * bundled (dist).
 */
export const productPaths = (from = dirname(fileURLToPath(import.meta.url))): ProductPaths => {
  let root = from;
  while (!existsSync(join(root, "packages/api-server/package.json")) && dirname(root) !== root)
    root = dirname(root);
  return {
    daemonEntry: join(root, "packages/workspaced/dist/workspaced.mjs"),
    consoleDir: join(root, "packages/console/dist"),
  };
};

/** `$XDG_DATA_HOME/k8shell`, or `~/.local/share/k8shell`. */
export const defaultDataDir = (env: Readonly<Record<string, string | undefined>>): string =>
  resolve(env.XDG_DATA_HOME || join(homedir(), ".local/share"), "k8shell");
