import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import { PolicyError, type PolicyFile } from "../policy-set.ts";
import { defaultPolicies } from "./defaults.ts";

/** How long the directory must be quiet before it is read again. */
const settleMs = 100;
/** How often the directory is read where it cannot be watched. */
const pollMs = 5000;

export interface PolicyFilesOptions {
  readonly directory: string;
  /** Written beside the policies for their authors to read. */
  readonly schema: string;
  /** Takes a complete set of files into use, or throws PolicyError and changes nothing. */
  readonly load: (files: readonly PolicyFile[]) => void;
  readonly log: Log;
}

export interface PolicyFiles {
  /** Reads the directory now, as after a change. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

const readPolicyFiles = async (directory: string): Promise<PolicyFile[]> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".cedar") && !name.startsWith("."));
  return Promise.all(
    names.sort().map(async (name) => ({ name, text: await readFile(join(directory, name), "utf8") })),
  );
};

const writeDefaults = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).some((name) => name.endsWith(".cedar"))) return;
  for (const [name, text] of Object.entries(defaultPolicies)) {
    await writeFile(join(directory, name), text, { flag: "wx" });
  }
};

/**
 * Keeps the policies in force equal to the files of a directory, writing the default ones when it has none at start.
 * A set of files with a fault is logged and not taken.
 * @throws PolicyError when the files at start have a fault: then nothing is known about who may do what
 */
export const openPolicyFiles = async (options: PolicyFilesOptions): Promise<PolicyFiles> => {
  const { directory, schema, load, log } = options;
  await writeDefaults(directory);
  await writeFile(join(directory, "schema.cedarschema"), schema).catch((error: unknown) => {
    // Policies may come from a read-only mount.
    log.debug({ directory, error }, "the policy schema could not be written");
  });

  let inForce = "";
  const read = async (): Promise<boolean> => {
    const files = await readPolicyFiles(directory);
    // An empty directory is a half-done copy or a mistake, not the wish that nobody may do anything.
    if (files.length === 0) throw new PolicyError(directory, 1, "there is no policy file");
    const content = JSON.stringify(files);
    if (content === inForce) return false;
    load(files);
    inForce = content;
    return true;
  };

  let lastFault = "";
  const reload = async () => {
    try {
      if (await read()) log.info({ directory }, "policies reloaded");
      lastFault = "";
    } catch (error) {
      const fault = error instanceof PolicyError ? error : undefined;
      if (String(error) === lastFault) return;
      lastFault = String(error);
      const where = fault ? { file: fault.file, line: fault.line, reason: fault.reason } : { error };
      log.error(where, "policies are broken; the last good ones stay in force");
    }
  };

  await read();
  log.info({ directory }, "policies loaded");

  let settling: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const schedule = () => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      running = running.then(reload);
    }, settleMs);
    settling.unref();
  };

  let poll: NodeJS.Timeout | undefined;
  const pollInstead = (error: unknown) => {
    log.warn({ directory, error }, "policies cannot be watched; reading them regularly instead");
    poll ??= setInterval(schedule, pollMs).unref();
  };
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(directory, { persistent: false }, schedule);
    watcher.on("error", pollInstead);
  } catch (error) {
    pollInstead(error);
  }
  // What changed between the first reading and the start of the watch.
  schedule();

  return {
    reload,
    async close() {
      clearTimeout(settling);
      clearInterval(poll);
      watcher?.close();
      await running;
    },
  };
};
