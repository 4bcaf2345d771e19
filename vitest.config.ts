import { defineConfig } from "vitest/config";

const platform = "packages/platform/test";

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "main",
          include: ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"],
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
