import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@k8shell/contract";
import { defaultBlueprintFiles } from "./defaults.ts";
import {
  BlueprintFileError,
  maxBlueprintBytes,
  parseBlueprintsFile,
  type SourceBlueprint,
} from "./source-file.ts";

/** The blueprints on offer, kept up to date with their directory. */
export interface BlueprintCatalog {
  /** Every blueprint, templates included, by name. */
  list(): readonly SourceBlueprint[];
  find(name: string): SourceBlueprint | undefined;
  /** What is wrong with files at the moment. */
  problems(): readonly BlueprintProblem[];
  /** Reads the directory now; otherwise changes are noticed by themselves. */
  refresh(): Promise<void>;
  close(): void;
}

export interface BlueprintProblem {
  /** Name of the file within the directory. */
  readonly file: string;
  readonly line: number | undefined;
  readonly reason: string;
}

interface LoadedFile {
  readonly text: string;
  /** The last good content: a file that breaks later keeps it. */
  readonly blueprints: readonly SourceBlueprint[];
  readonly problem?: BlueprintProblem;
}

const debounceMs = 100;
const pollMs = 2000;

const isBlueprintFile = (name: string): boolean => /^[^.].*\.ya?ml$/.test(name);

const problemOf = (file: string, error: unknown): BlueprintProblem => ({
  file,
  line: error instanceof BlueprintFileError ? error.line : undefined,
  reason: error instanceof BlueprintFileError ? error.message : "cannot be read",
});

const readFiles = async (directory: string): Promise<Map<string, string | undefined>> => {
  const names = (await readdir(directory)).filter(isBlueprintFile).sort();
  const texts = names.map(async (name): Promise<[string, string | undefined]> => {
    const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
    return [name, text === undefined || text.length > maxBlueprintBytes ? undefined : text];
  });
  return new Map(await Promise.all(texts));
};

const writeDefaults = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0) return;
  for (const [name, text] of Object.entries(defaultBlueprintFiles)) {
    await writeFile(join(directory, name), text, { flag: "wx" });
  }
};

/**
 * Opens a directory of blueprint files (`*.yaml`), writing the default ones into an empty one. A file that cannot be
 * read keeps what it last held, and why is logged with its line; a name defined twice belongs to the first file.
 */
export const openBlueprintCatalog = async (options: {
  directory: string;
  log: Log;
}): Promise<BlueprintCatalog> => {
  const { directory, log } = options;
  let files = new Map<string, LoadedFile>();
  let byName = new Map<string, SourceBlueprint>();
  let clashes: BlueprintProblem[] = [];

  const report = (problem: BlueprintProblem) =>
    log.error(
      { file: problem.file, line: problem.line, reason: problem.reason },
      "blueprint file is broken: its last good content stays in use",
    );

  const load = async (name: string, text: string | undefined): Promise<LoadedFile> => {
    const before = files.get(name);
    if (before && before.text === text) return before;
    try {
      if (text === undefined) throw new BlueprintFileError("cannot be read or is too large");
      return { text, blueprints: await parseBlueprintsFile(text) };
    } catch (error) {
      const problem = problemOf(name, error);
      if (problem.reason !== before?.problem?.reason || problem.line !== before?.problem?.line)
        report(problem);
      return { text: text ?? "", blueprints: before?.blueprints ?? [], problem };
    }
  };

  const index = () => {
    const found = new Map<string, SourceBlueprint>();
    const clashing: BlueprintProblem[] = [];
    for (const [file, { blueprints }] of files) {
      for (const blueprint of blueprints) {
        const { name } = blueprint.source;
        if (found.has(name)) clashing.push({ file, line: undefined, reason: `${name} is defined already` });
        else found.set(name, blueprint);
      }
    }
    byName = found;
    for (const problem of clashing) {
      if (!clashes.some(({ file, reason }) => file === problem.file && reason === problem.reason))
        report(problem);
    }
    clashes = clashing;
  };

  let running: Promise<void> | undefined;
  let again = false;
  const readOnce = async () => {
    const texts = await readFiles(directory);
    const loaded = [...texts].map(
      async ([name, text]): Promise<[string, LoadedFile]> => [name, await load(name, text)],
    );
    files = new Map(await Promise.all(loaded));
    index();
  };
  const refresh = async (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await readOnce();
      } while (again);
    })();
    try {
      await running;
    } finally {
      running = undefined;
    }
  };

  await writeDefaults(directory);
  await refresh();

  let debounce: NodeJS.Timeout | undefined;
  const refreshSafely = () => {
    refresh().catch((error: unknown) => log.warn({ err: error }, "cannot read the blueprints directory"));
  };
  const soon = () => {
    clearTimeout(debounce);
    debounce = setTimeout(refreshSafely, debounceMs).unref();
  };
  let watcher: FSWatcher | undefined;
  let poll: NodeJS.Timeout | undefined;
  const fallBackToPolling = () => {
    watcher?.close();
    poll ??= setInterval(refreshSafely, pollMs).unref();
  };
  try {
    watcher = watch(directory, { persistent: false }, soon);
    watcher.on("error", fallBackToPolling);
    // What changed between the first reading and the watch.
    soon();
  } catch {
    fallBackToPolling();
  }

  return {
    list: () => [...byName.values()].sort((a, b) => (a.source.name < b.source.name ? -1 : 1)),
    find: (name) => byName.get(name),
    problems: () => [...[...files.values()].flatMap(({ problem }) => (problem ? [problem] : [])), ...clashes],
    refresh,
    close() {
      clearTimeout(debounce);
      clearInterval(poll);
      watcher?.close();
    },
  };
};
