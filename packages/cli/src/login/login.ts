import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Provider } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { parseServer } from "../config/choose-context.ts";
import { CliError, exitCodes } from "../errors.ts";
import { isInteractive } from "../io.ts";
import { openBrowser } from "../open-browser.ts";
import { ask } from "../prompt.ts";
import { saveContext } from "./save-context.ts";

export interface LoginFlags {
  readonly server?: string;
  readonly provider?: string;
  readonly device?: boolean;
  readonly tokenStdin?: boolean;
  readonly ignore?: boolean;
  readonly name?: string;
  readonly timeout: string;
}

const pollMs = 2_000;
/** Seconds; a day. */
const longestWait = 86_400;

/** @throws CliError */
const parseTimeout = (text: string): number => {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds > 0 && seconds <= longestWait) return seconds * 1000;
  throw new CliError(`--timeout is "${text}".`, {
    hint: `Give seconds, 1 to ${longestWait}.`,
    exitCode: exitCodes.usage,
  });
};

/** `idp.k8shell.io/github` is `github` to a person. */
const shortName = (provider: string): string => provider.replace(/^idp\.k8shell\.io\//, "");

const chooseProvider = async (cli: Cli, client: Client, wanted: string | undefined): Promise<Provider> => {
  const providers = (await client.api.listProviders()).filter(({ capabilities }) =>
    capabilities.includes("OnboardUserWebFlow"),
  );
  const names = providers.map(({ name }) => shortName(name)).join(", ");
  const [first] = providers;
  if (!first) {
    throw new CliError("The server has no provider to sign in with.", {
      hint: "Use an access token: k8shell login --token-stdin",
    });
  }
  if (wanted !== undefined) {
    const found = providers.find(({ name }) => name === wanted || shortName(name) === wanted);
    if (found) return found;
    throw new CliError(`The server has no provider ${wanted}.`, {
      hint: `It has: ${names}`,
      exitCode: exitCodes.usage,
    });
  }
  if (providers.length === 1) return first;
  if (!isInteractive(cli.io.stdin)) {
    throw new CliError("The server has several providers.", {
      hint: `Choose one with --provider: ${names}`,
      exitCode: exitCodes.usage,
    });
  }
  cli.io.stderr.write("Available login providers:\n");
  for (const [index, { name }] of providers.entries())
    cli.io.stderr.write(`  ${index + 1}) ${shortName(name)}\n`);
  const answer = (await ask(cli.io, "Select provider [1]: ")) || "1";
  const chosen = providers[Number(answer) - 1] ?? providers.find(({ name }) => shortName(name) === answer);
  if (chosen) return chosen;
  throw new CliError(`${answer} is not one of them.`, { exitCode: exitCodes.usage });
};

/** Where the browser goes to sign in for a command that waits for `state` (rest-contract 4.2). */
export const loginAddress = (server: string, provider: string, state: string): string => {
  const callback = new URL(`${server}/auth/callback`);
  callback.search = new URLSearchParams({ provider, redirect: "/" }).toString();
  const address = new URL(`${server}/api/v1/auth/login`);
  address.search = new URLSearchParams({
    createPAT: "true",
    provider,
    redirect_uri: callback.href,
    state,
  }).toString();
  return address.href;
};

const waitForToken = async (client: Client, state: string, timeoutMs: number, signal: AbortSignal) => {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    await sleep(pollMs, undefined, { signal });
    const answer = await client.api.pollToken({ state });
    if ("token" in answer && answer.token) return answer;
  }
  throw new CliError("Nobody signed in in time.", { hint: "Try again: k8shell login" });
};

const readToken = async (cli: Cli): Promise<string> => {
  const { stdin } = cli.io;
  if (isInteractive(stdin)) return ask(cli.io, "Access token: ", { hidden: true });
  let text = "";
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > 64 << 10)
      throw new CliError("Standard input is no token.", { exitCode: exitCodes.usage });
  }
  return text.trim();
};

const refuseSecond = async (cli: Cli, server: string, flags: LoginFlags): Promise<string | undefined> => {
  const known = (await cli.config()).contexts.find((context) => context.server === server);
  if (!known || flags.ignore) return undefined;
  try {
    const { api } = await cli.clientOf(known);
    const { username } = await api.getMyProfile();
    throw new CliError(`You are signed in at ${server} as ${username} (context ${known.name}).`, {
      hint: "To sign in there as somebody else, add --ignore",
      exitCode: exitCodes.conflict,
    });
  } catch (error) {
    if (error instanceof CliError) throw error;
    // Its token does not work any more: it gets the new one.
    return known.name;
  }
};

export const login = async (cli: Cli, flags: LoginFlags): Promise<void> => {
  const { io, print } = cli;
  const timeoutMs = parseTimeout(flags.timeout);
  const address =
    flags.server ?? io.env.K8SHELL_SERVER ?? (await cli.context().catch(() => undefined))?.server;
  if (address === undefined) {
    throw new CliError("Which server?", {
      hint: "k8shell login --server https://k8shell.example.org",
      exitCode: exitCodes.usage,
    });
  }
  const server = parseServer(address);
  const insecure = cli.flags.insecure === true;
  const replaced = await refuseSecond(cli, server, flags);
  const name = flags.name ?? replaced ?? `${new URL(server).hostname}-${randomBytes(4).toString("hex")}`;
  let token: string;
  if (flags.tokenStdin) token = await readToken(cli);
  else {
    const client = await cli.clientOf({ server, token: "", insecure });
    const provider = await chooseProvider(cli, client, flags.provider);
    const state = randomBytes(16).toString("hex");
    const target = loginAddress(server, provider.name, state);
    const opened = !flags.device && (await openBrowser(target, io.env));
    io.stderr.write(
      opened
        ? "Opening browser for login...\n"
        : `Open this address in a browser, on any machine, and sign in:\n\n  ${target}\n\n`,
    );
    io.stderr.write("Waiting for login to complete... ");
    ({ token } = await waitForToken(client, state, timeoutMs, io.signal));
    io.stderr.write("done.\n");
  }
  if (token === "") throw new CliError("The token is empty.", { exitCode: exitCodes.usage });
  const saved = await saveContext(cli, { name, server, token, insecure });
  if (print.json) await print.value({ context: saved.name, server, username: saved.username });
  else print.note(`Logged in as ${saved.username}. Context "${saved.name}" saved and set as active.`);
};
