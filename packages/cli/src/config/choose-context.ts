import { CliError, exitCodes } from "../errors.ts";
import type { ConfigFile, Context } from "./config-file.ts";

const noAddress = (message: string, hint = "Write it as https://k8shell.example.org"): CliError =>
  new CliError(message, { hint, exitCode: exitCodes.usage });

/**
 * The address of a server as it is compared and kept; `https://` where nothing else is said.
 * @param address as it was given, e.g. `k8shell.example.org` or `http://localhost:9101/base/`
 * @throws CliError for another scheme, and for what is no address
 */
export const parseServer = (address: string): string => {
  // What follows the colon of a port is no slash.
  const scheme = /^([a-z][a-z\d+.-]*):\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw noAddress(`${address} is not the address of a server: ${scheme} is neither http nor https.`);
  }
  if (scheme !== undefined && !address.startsWith("//", scheme.length + 1)) {
    throw noAddress(`${address} is not the address of a server: ${scheme}: is followed by two slashes.`);
  }
  const withScheme = scheme === undefined ? `https://${address}` : address;
  const port = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(withScheme)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    throw noAddress(`${address} is not the address of a server: ${port} is no port.`, "Ports are 1 to 65535");
  }
  if (!URL.canParse(withScheme)) throw noAddress(`"${address}" is not the address of a server.`);
  const url = new URL(withScheme);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
};

export interface ContextChoice {
  /** `--context`. */
  readonly name?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The context a command works with: the one named on the command line, else `K8SHELL_SERVER` and `K8SHELL_TOKEN` (for
 * scripts and workspaces), else the active one, else the only one.
 * @throws CliError when there is none
 */
export const chooseContext = (config: ConfigFile, { name, env }: ContextChoice): Context => {
  const { contexts, current } = config;
  if (name === undefined && env.K8SHELL_SERVER) {
    return {
      name: "environment",
      server: parseServer(env.K8SHELL_SERVER),
      token: env.K8SHELL_TOKEN ?? "",
      username: "",
      insecure: false,
    };
  }
  const wanted = name ?? current;
  const found =
    wanted === undefined
      ? contexts.length === 1
        ? contexts[0]
        : undefined
      : contexts.find((context) => context.name === wanted);
  // The file may have been written by hand.
  if (found) return { ...found, server: parseServer(found.server) };
  if (wanted !== undefined) {
    const names = contexts.map((context) => context.name).join(", ");
    throw new CliError(`There is no context ${wanted}.`, {
      hint: names === "" ? "Sign in: k8shell login --server ADDRESS" : `There are: ${names}`,
      exitCode: exitCodes.usage,
    });
  }
  throw new CliError(contexts.length === 0 ? "You are not signed in anywhere." : "No context is active.", {
    hint:
      contexts.length === 0
        ? "Sign in: k8shell login --server ADDRESS"
        : "Choose one: k8shell context use NAME",
    exitCode: exitCodes.signedOut,
  });
};
