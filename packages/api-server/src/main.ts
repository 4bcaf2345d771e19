import { setFlagsFromString } from "node:v8";
import { defaultDataDir } from "./assemble/paths.ts";
import type { RunningServer } from "./assemble.ts";
import { type CliArguments, parseCliArguments, UsageError, usage } from "./cli-arguments.ts";
import { defaultConfig, loadConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { leave } from "./leave.ts";
import { createLog, outliveOutput } from "./log.ts";
import { readVersion } from "./version.ts";

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const announce = (server: RunningServer, stopsWorkspaces: boolean): void => {
  const lines = ["", "k8shell is running."];
  if (server.oneTimeLink !== undefined) {
    lines.push(
      "",
      "Sign in as admin with this link (works once, for 15 minutes):",
      `  ${server.oneTimeLink}`,
    );
  }
  lines.push(
    "",
    `  Console        ${server.publicUrl}/`,
    `  API            ${server.publicUrl}/api/v1`,
    `  API reference  ${server.publicUrl}/docs`,
    `  Data           ${server.dataDir}`,
  );
  if (server.adminTokenFile !== undefined) lines.push(`  Admin token    ${server.adminTokenFile}`);
  lines.push("");
  if (server.isolation?.mode === "plain") {
    lines.push(
      "WARNING: workspaces are NOT isolated from each other, from this server or from this machine:",
      `  ${server.isolation.detail}`,
      "  Let only people whom you trust with your own account use this server.",
      "",
    );
  }
  lines.push(
    stopsWorkspaces
      ? "Ctrl-C stops the server and, because of --stop-workspaces, every workspace."
      : "Ctrl-C stops the server; workspaces keep running and the next start finds them.\nTo stop them too, start the server with --stop-workspaces (npm start -- --stop-workspaces).",
    "",
    `listening on ${server.url}`,
  );
  say(lines.join("\n"));
};

/** `--check-config`: the configuration on standard output, what is wrong with it on standard error. */
const check = async (args: CliArguments): Promise<void> => {
  const { checkConfig } = await import("./assemble/check-config.ts");
  const { yaml, report, isUsable } = await checkConfig({
    file: args.config,
    env: process.env,
    host: args.bind,
    port: args.port,
  });
  process.stdout.write(yaml);
  process.stderr.write(`${report}\n`);
  process.exitCode = isUsable ? 0 : 1;
};

const run = async (args: CliArguments): Promise<void> => {
  const version = readVersion();
  const log = createLog({
    text: args.logText || args.config === undefined,
    level: process.env.K8SHELL_LOG_LEVEL || (args.config === undefined ? "warn" : "info"),
  });
  const config =
    args.config === undefined
      ? defaultConfig()
      : loadConfig(args.config, process.env, (warning) => log.warn({}, warning));
  // The configuration may have come through one of them.
  closeInheritedDescriptors();
  const { startServer } = await import("./assemble.ts");
  const server = await startServer({
    dataDir: args.data ?? defaultDataDir(process.env),
    port: args.port,
    host: args.bind,
    config,
    stopWorkspaces: args.stopWorkspaces,
    version,
    log,
  });

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    // Whatever hangs must not keep the process: the grace time, a drain delay, and a little for the services.
    const limit = (config.http.shutdownGraceSeconds + config.http.drainDelaySeconds + 15) * 1000;
    setTimeout(() => leave(1), limit).unref();
    void server.close().then(() => leave(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  announce(server, args.stopWorkspaces);
};

// The policy engine is WebAssembly that works for moments at a time. With V8's own setting its optimizer runs on it
// already while the server starts, and keeps some 30 MB for that; really hot functions are still optimized.
setFlagsFromString("--wasm-tiering-budget=1000000000");

const start = async (): Promise<void> => {
  const args = parseCliArguments(process.argv.slice(2), process.env);
  if (args.help) say(usage);
  else if (args.version) say(readVersion());
  else if (args.checkConfig) await check(args);
  else await run(args);
};

const serve = async (argv: readonly string[]): Promise<void> => {
  const { parseServeArguments, serveUsage } = await import("./assemble/serve/arguments.ts");
  const args = parseServeArguments(argv, process.env);
  if (args.help) return say(serveUsage);
  const { runServe } = await import("./assemble/serve/run.ts");
  await runServe(
    args,
    createLog({ text: args.logText, level: process.env.K8SHELL_LOG_LEVEL || "info" }),
    say,
  );
};

outliveOutput();
try {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "serve") await serve(rest);
  else await start();
} catch (error) {
  const known = error instanceof UsageError || error instanceof ConfigError;
  process.stderr.write(`k8shell: ${known ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exit(known ? 2 : 1);
}
