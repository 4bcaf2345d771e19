import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { WorkspacedConfig } from "@k8shell/contract";
import type { Metadata, ServerTls } from "@k8shell/rpc";
import { ConfigError } from "./config/fields.ts";
import { readConfig } from "./config/read-config.ts";
import { createDaemon } from "./daemon.ts";
import { startIdleCollection } from "./idle-memory.ts";
import { leave } from "./leave.ts";
import { serveDaemon } from "./serve.ts";

/** Set by the build; `dev` when run from source. */
declare const BUILD_COMMIT: string | undefined;

/** A shutdown that takes longer than this is cut short, milliseconds. */
const shutdownLimitMs = 4800;

const usage =
  "usage: workspaced --config FILE [--check] [--listen ADDRESS] [--token-file FILE] [--tls-cert FILE --tls-key FILE]";

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: "string" },
        check: { type: "boolean", default: false },
        listen: { type: "string" },
        "token-file": { type: "string" },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
      },
    });
    if (values.config === undefined) throw new ConfigError("--config is missing");
    const { "tls-cert": certFile, "tls-key": keyFile, "token-file": tokenFile, listen } = values;
    if ((certFile === undefined) !== (keyFile === undefined)) {
      throw new ConfigError("--tls-cert and --tls-key go together");
    }
    const config = readConfig(values.config);
    return {
      config: { ...config, listen: listen ?? config.listen, tokenFile: tokenFile ?? config.tokenFile },
      tls: certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined,
      check: values.check,
    };
  } catch (error) {
    process.stderr.write(
      `workspaced: ${error instanceof Error ? error.message : "bad arguments"}\n${usage}\n`,
    );
    process.exit(2);
  }
};

const start = async (config: WorkspacedConfig, tls: ServerTls | undefined) => {
  const writeLog = (line: string) => void process.stderr.write(`${line}\n`);
  const daemon = await createDaemon({
    config,
    writeLog,
    // The bundle has its tools beside it; run from source, there are none.
    toolsDir: fileURLToPath(new URL("./bin", import.meta.url)),
    commit: typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : undefined,
  });
  try {
    const onError = (error: unknown, method: string, metadata: Metadata = {}) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const time = new Date().toISOString();
      // The ids under which the gateway logs the request that this call is part of.
      const { "x-request-id": requestId, traceparent } = metadata;
      writeLog(
        JSON.stringify({ time, component: "rpc", level: "error", method, requestId, traceparent, message }),
      );
    };
    const server = await serveDaemon(daemon, config, onError, tls);
    return { daemon, server };
  } catch (error) {
    await daemon.close();
    throw error;
  }
};

const main = async () => {
  const { config, tls, check } = readArguments();
  if (check) {
    process.stdout.write("configuration ok\n");
    return;
  }
  // Whoever reads the output may go away; that must not end the workspace.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  const starting = start(config, tls);
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(leave, shutdownLimitMs).unref();
    const { daemon, server } = await starting;
    await Promise.all([daemon.close(), server.close()]);
    leave();
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
  // A launcher that closes its terminal must not take the workspace with it.
  process.on("SIGHUP", () => {});
  try {
    const { server } = await starting;
    startIdleCollection();
    process.stdout.write(`listening on ${server.address}\n`);
  } catch (error) {
    process.stderr.write(`workspaced: ${error instanceof Error ? error.message : "cannot start"}\n`);
    process.exit(1);
  }
};

await main();
