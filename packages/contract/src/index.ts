export * from "./blueprint.ts";
export * from "./errors.ts";
export { type Log, silentLog } from "./log.ts";
export * from "./route.ts";
export * from "./routes.ts";
export * from "./schemas/index.ts";
export * from "./scopes/index.ts";
export * from "./userstring/index.ts";
export type { WorkspacedApp, WorkspacedConfig } from "./workspaced-config.ts";
