export * from "./errors.ts";
export * from "./route.ts";
export type { WorkspacedApp, WorkspacedConfig } from "./workspaced-config.ts";
