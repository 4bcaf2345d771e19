import { CliError, exitCodes } from "../errors.ts";
import type { ConfigFile, Context } from "./config-file.ts";

/** The address of a server as it is compared and kept. @throws CliError */
export const parseServer = (address: string): string => {
  const withScheme = /^https?:\/\//i.test(address) ? address : `https://${address}`;
  if (!URL.canParse(withScheme)) {
    throw new CliError(`${address} is not the address of a server.`, {
      hint: "Write it as https://k8shell.example.org",
      exitCode: exitCodes.usage,
    });
  }
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
  if (found) return found;
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
