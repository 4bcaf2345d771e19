import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const platform = "packages/platform/test";
/** These look at the memory of their own process. */
const measured = [
  "packages/api-server/test/remote/faults.test.ts",
  "packages/api-server/test/terminal-{flood,stalled}.test.ts",
  "packages/api-server/test/files.test.ts",
];
/** What keeps nothing in its modules shares processes: loading them anew took a third of the time of these tests. */
const shared = ["packages/*/src/**/*.test.ts", "packages/{api-server,platform}/test/**/*.test.ts"];

export default defineConfig({
  test: {
    // Limits for what hangs, not for what is slow: a busy machine of two processors keeps them with ease.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000, interval: 50 } },
    unstubEnvs: true,
    pool: "forks",
    // Half of the time tests wait for other processes and for timers.
    maxWorkers: Math.min(availableParallelism() + 1, 6),
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: shared,
          exclude: [`${platform}/postgres/**`, ...measured],
          isolate: false,
          provide: { postgresUrl: "" },
        },
      },
      {
        extends: true,
        test: {
          name: "main",
          include: ["packages/!(api-server|platform)/test/**/*.test.ts", "test/**/*.test.ts", ...measured],
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
          isolate: false,
        },
      },
    ],
  },
});
