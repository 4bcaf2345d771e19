import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { write } from "../io.ts";
import { clientFor } from "../workspace/find.ts";

export interface ExecFlags {
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly shell?: boolean;
  readonly stdin: boolean;
}

const signals = { SIGINT: "INT", SIGTERM: "TERM", SIGHUP: "HUP", SIGQUIT: "QUIT" } as const;

const parseEnvironment = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
      throw new CliError(`"${pair}" is no variable.`, {
        hint: "Write --env NAME=VALUE",
        exitCode: exitCodes.usage,
      });
    }),
  );

/** Runs a command in a workspace as if it ran here: input, output, signals and exit code. */
export const exec = async (
  cli: Cli,
  wanted: string,
  words: readonly string[],
  { cwd, env = [], shell, stdin: withInput }: ExecFlags,
): Promise<void> => {
  const environment = parseEnvironment(env);
  const { client, name } = await clientFor(cli, wanted);
  const { stdin } = cli.io;
  const command = await client.exec(name, shell ? words.join(" ") : words, {
    cwd,
    env: environment,
    stdin: withInput ? stdin : "",
  });
  const listeners = Object.entries(signals).map(([signal, sent]) => {
    const listener = () => command.kill(sent);
    process.on(signal, listener);
    return () => process.removeListener(signal, listener);
  });
  // Pressed while it was being started.
  if (cli.io.signal.aborted) command.kill("INT");
  try {
    for await (const { stream, data } of command) await write(cli.io[stream], data);
    process.exitCode = await command.wait();
  } finally {
    for (const remove of listeners) remove();
    // It may be open still: nothing reads it any more.
    stdin.destroy();
  }
};
