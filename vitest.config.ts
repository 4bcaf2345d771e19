import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const platform = "packages/platform/test";
const units = "packages/*/src/**/*.test.ts";

export default defineConfig({
  test: {
    // Limits for what hangs, not for what is slow: a busy machine of two processors keeps them with ease.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 50 } },
    pool: "forks",
    // Half of the time tests wait for other processes and for timers.
    maxWorkers: Math.min(availableParallelism() + 1, 6),
    projects: [
      {
        // The tests beside the code hold no state and start little: they share their processes.
        extends: true,
        test: { name: "units", include: [units], isolate: false, provide: { postgresUrl: "" } },
      },
      {
        extends: true,
        test: {
          name: "main",
          include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [`${platform}/postgres/**`],
          provide: { postgresUrl: "" },
        },
      },
      {
        // The end-to-end tests of one machine, once more against two gateways behind nginx.
        extends: true,
        test: {
          name: "replicas",
          include: ["test/e2e/{journey,sign-in,kill-nine,console}.test.ts"],
          env: { K8SHELL_E2E: "replicas" },
        },
      },
      {
        // The suites of the services that have a database, once more on a real PostgreSQL.
        extends: true,
        test: {
          name: "postgres",
          include: [
            `${platform}/{postgres,identity,session,authz}/**/*.test.ts`,
            `${platform}/conformance/{identity,session,authz,tokens}.test.ts`,
          ],
          globalSetup: [`${platform}/postgres/global-setup.ts`],
        },
      },
    ],
  },
});
