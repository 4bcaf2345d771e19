import { join } from "node:path";
import type { Log, WorkspacedConfig } from "@k8shell/contract";
import type { MakeEnvironment } from "../process/environment.ts";
import type { ProcessOwners } from "../process/owner.ts";
import type { MakeOutputPipe } from "../process/pipes.ts";
import { type App, createApp } from "./app.ts";
import { createAppLog } from "./app-log.ts";
import { appPath } from "./app-program.ts";

/** The apps of a workspace. */
export interface AppManager {
  all(): App[];
  find(name: string): App | undefined;
  /** Ends all of them. */
  close(): Promise<void>;
}

/** Creates the enabled apps and starts those that start by themselves and are installed. */
export const createAppManager = (deps: {
  config: WorkspacedConfig;
  environment: MakeEnvironment;
  owners: ProcessOwners;
  makePipe: MakeOutputPipe;
  log: Log;
}): AppManager => {
  const { config, environment, owners, makePipe, log } = deps;
  const apps = new Map<string, App>();
  for (const app of config.apps.filter(({ enabled }) => enabled)) {
    const directory = join(config.stateDir, "apps", app.name);
    const created = createApp({
      app,
      home: config.home,
      environment: () => {
        const env = environment(`app:${app.name}`);
        return { ...env, PATH: appPath(config.home, env.PATH ?? "") };
      },
      owners,
      makePipe,
      appLog: createAppLog(join(directory, "app.log")),
      installLog: createAppLog(join(directory, "install.log")),
      log,
    });
    apps.set(app.name, created);
    if (app.autoStart && created.report().status === "STOPPED") created.start();
  }
  return {
    all: () => [...apps.values()],
    find: (name) => apps.get(name),
    async close() {
      await Promise.all([...apps.values()].map((app) => app.close()));
    },
  };
};
