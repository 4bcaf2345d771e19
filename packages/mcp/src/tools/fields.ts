import { z } from "zod";

export const workspaceName = z
  .string()
  .min(1)
  .max(253)
  .describe("Name of the workspace, e.g. `alice-59936c3`.");
export const path = z.string().min(1).max(4096).describe("Absolute, or relative to the home directory.");
export const appName = z.string().min(1).max(253).describe("Name of the app, as list_apps shows it.");
export const timeoutSeconds = (standard: number, max: number) =>
  z.number().min(1).max(max).default(standard).describe(`Seconds to wait at most (default ${standard}).`);
