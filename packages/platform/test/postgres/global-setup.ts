import type { TestProject } from "vitest/node";
import { startPostgres } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the PostgreSQL server's database `postgres`, in runs of the project `postgres`. */
    postgresUrl: string;
  }
}

/** One server for all test files of a run. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const server = await startPostgres();
  project.provide("postgresUrl", server.url("postgres"));
  return server.remove;
};
