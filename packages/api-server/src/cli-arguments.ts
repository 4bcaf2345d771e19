import { parseArgs } from "node:util";

/** What the command line and the environment say. */
export interface CliArguments {
  readonly help: boolean;
  readonly version: boolean;
  /** Data directory, absolute or relative to the working directory. */
  readonly data: string | undefined;
  readonly port: number | undefined;
  readonly bind: string | undefined;
  /** YAML configuration file. */
  readonly config: string | undefined;
  /** Print and examine the configuration instead of starting. */
  readonly checkConfig: boolean;
  readonly stopWorkspaces: boolean;
  /** Log lines for people rather than JSON. */
  readonly logText: boolean;
}

/** A command line that cannot be understood; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `k8shell API Server

Usage: npm start -- [options]
       npm start -- serve SERVICE [options]   one service over gRPC, see serve --help

  --data DIR         where everything is kept (K8SHELL_DATA; default ~/.local/share/k8shell)
  --port PORT        port of HTTP (K8SHELL_PORT; default 9101; 0 takes a free one)
  --bind ADDRESS     address to listen on (K8SHELL_BIND; default 127.0.0.1)
  --config FILE      configuration file (YAML)
  --stop-workspaces  stop all workspaces together with the server
  --check-config     print the effective configuration, say what is wrong with it, and exit (0: usable, 1: not)
  --logtext          log lines for people instead of JSON
  --version          print the version
  --help             print this
`;

const parsePort = (text: string, source: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError(`${source} is "${text}": give a port number from 0 to 65535`);
  }
  return port;
};

/**
 * Reads the command line; flags win over environment variables.
 * @throws UsageError
 */
export const parseCliArguments = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CliArguments => {
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        port: { type: "string" },
        bind: { type: "string" },
        config: { type: "string" },
        "stop-workspaces": { type: "boolean" },
        "check-config": { type: "boolean" },
        logtext: { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean" },
      },
    }));
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : cause} (see --help)`);
  }
  const text = (value: string | boolean | undefined): string | undefined =>
    typeof value === "string" && value !== "" ? value : undefined;
  const flagPort = text(values.port);
  const envPort = text(env.K8SHELL_PORT);
  return {
    help: values.help === true,
    version: values.version === true,
    data: text(values.data) ?? text(env.K8SHELL_DATA),
    port:
      flagPort !== undefined
        ? parsePort(flagPort, "--port")
        : envPort !== undefined
          ? parsePort(envPort, "K8SHELL_PORT")
          : undefined,
    bind: text(values.bind) ?? text(env.K8SHELL_BIND),
    config: text(values.config),
    checkConfig: values["check-config"] === true,
    stopWorkspaces: values["stop-workspaces"] === true,
    logText: values.logtext === true,
  };
};
