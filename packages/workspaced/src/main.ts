import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ConfigError } from "./config/fields.ts";
import { readConfig } from "./config/read-config.ts";
import { createDaemon } from "./daemon.ts";
import { startIdleCollection } from "./idle-memory.ts";
import { serveDaemon } from "./serve.ts";

/** Set by the build; `dev` when run from source. */
declare const BUILD_COMMIT: string | undefined;

/** A shutdown that takes longer than this is cut short, milliseconds. */
const shutdownLimitMs = 4800;

const usage = "usage: workspaced --config FILE [--check]";

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: { config: { type: "string" }, check: { type: "boolean", default: false } },
    });
    if (values.config === undefined) throw new ConfigError("--config is missing");
    return { config: readConfig(values.config), check: values.check };
  } catch (error) {
    process.stderr.write(
      `workspaced: ${error instanceof Error ? error.message : "bad arguments"}\n${usage}\n`,
    );
    process.exit(2);
  }
};

const main = async () => {
  const { config, check } = readArguments();
  if (check) {
    process.stdout.write("configuration ok\n");
    return;
  }
  const writeLog = (line: string) => void process.stderr.write(`${line}\n`);
  // Whoever reads the log may go away; that must not end the workspace.
  process.stderr.on("error", () => {});
  const daemon = await createDaemon({
    config,
    writeLog,
    // The bundle has its tools beside it; run from source, there are none.
    toolsDir: fileURLToPath(new URL("./bin", import.meta.url)),
    commit: typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : undefined,
  });
  const server = await serveDaemon(daemon, config, (error, method) => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    writeLog(
      JSON.stringify({ time: new Date().toISOString(), component: "rpc", level: "error", method, message }),
    );
  });
  startIdleCollection();
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), shutdownLimitMs).unref();
    await Promise.all([daemon.close(), server.close()]);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
  // A launcher that closes its terminal must not take the workspace with it.
  process.on("SIGHUP", () => {});
  process.stdout.write(`listening on ${server.address}\n`);
};

await main();
