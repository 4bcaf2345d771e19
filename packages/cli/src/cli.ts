import type { Client } from "@k8shell/sdk";
import { chooseContext } from "./config/choose-context.ts";
import type { ConfigFile, Context } from "./config/config-file.ts";
import { debuggingFetch } from "./debug-fetch.ts";
import { type Io, isInteractive } from "./io.ts";
import { createPrinter, type Printer } from "./output/printer.ts";
import { version } from "./version.ts";

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly context?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly insecure?: boolean;
  readonly ansi?: boolean;
  readonly wrap?: boolean;
  readonly config?: string;
}

/** What a command works with. */
export interface Cli {
  readonly io: Io;
  readonly flags: GlobalFlags;
  readonly print: Printer;
  /** Version of this command. */
  readonly version: string;
  config(): Promise<ConfigFile>;
  /** The context chosen by flags, environment and file. @throws CliError when there is none */
  context(): Promise<Context>;
  /** A client of the chosen context's server. */
  client(): Promise<Client>;
  /** A client of any server. */
  clientOf(context: Pick<Context, "server" | "token" | "insecure">): Promise<Client>;
}

export const createCli = (io: Io, flags: GlobalFlags): Cli => {
  const ansi = flags.ansi !== false && !io.env.NO_COLOR && isInteractive(io.stdout);
  const print = createPrinter(io, { json: flags.json === true, ansi, wrap: flags.wrap === true });
  let opened: Promise<ConfigFile> | undefined;
  const config = () => {
    opened ??= import("./config/config-file.ts").then(({ openConfigFile, defaultConfigPath }) =>
      openConfigFile(flags.config ?? defaultConfigPath(io.env)),
    );
    return opened;
  };
  const context = async () => chooseContext(await config(), { name: flags.context, env: io.env });
  const clientOf: Cli["clientOf"] = async ({ server, token, insecure }) => {
    const { createClient } = await import("@k8shell/sdk");
    // There is one TLS setting for the whole process, and one server to talk to.
    if (insecure || flags.insecure) process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    return createClient({
      server,
      token: token || undefined,
      signal: io.signal,
      headers: { "user-agent": "k8shell-cli" },
      ...(flags.debug ? { fetch: debuggingFetch((text) => io.stderr.write(text)) } : {}),
    });
  };
  return {
    io,
    flags,
    print,
    version,
    config,
    context,
    clientOf,
    client: async () => clientOf(await context()),
  };
};
