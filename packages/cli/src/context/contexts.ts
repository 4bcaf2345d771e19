import type { Cli } from "../cli.ts";
import { parseServer } from "../config/choose-context.ts";
import type { Context } from "../config/config-file.ts";
import { CliError, exitCodes } from "../errors.ts";
import { saveContext } from "../login/save-context.ts";
import type { Column } from "../output/table.ts";
import { ask } from "../prompt.ts";

export const list = async (cli: Cli): Promise<void> => {
  const { contexts, current } = await cli.config();
  const columns: Column<Omit<Context, "token">>[] = [
    { title: "CURRENT", text: ({ name }) => (name === current ? "*" : "") },
    { title: "NAME", text: ({ name }) => name },
    { title: "SERVER", text: ({ server }) => server },
    { title: "USERNAME", text: ({ username }) => username },
  ];
  const rows = contexts.map(({ token: _token, ...context }) => ({
    ...context,
    current: context.name === current,
  }));
  await cli.print.table(columns, rows, { empty: "No contexts: k8shell login --server ADDRESS" });
};

const existing = async (cli: Cli, name: string) => {
  const config = await cli.config();
  if (!config.contexts.some((context) => context.name === name)) {
    throw new CliError(`There is no context ${name}.`, {
      hint: "See which there are: k8shell context list",
      exitCode: exitCodes.notFound,
    });
  }
  return config;
};

export const use = async (cli: Cli, name: string): Promise<void> => {
  const config = await existing(cli, name);
  config.use(name);
  await config.save();
  cli.print.note(`Context "${name}" is active.`);
};

export const remove = async (cli: Cli, name: string): Promise<void> => {
  const config = await existing(cli, name);
  config.remove(name);
  await config.save();
  cli.print.note(`Context "${name}" deleted. Its token still works until it is revoked: k8shell token list`);
};

export interface AddFlags {
  readonly server: string;
  readonly token?: string;
  readonly sshHost?: string;
}

export const add = async (cli: Cli, name: string, flags: AddFlags): Promise<void> => {
  const token = flags.token ?? (await ask(cli.io, "Access token: ", { hidden: true }));
  const saved = await saveContext(cli, {
    name,
    server: parseServer(flags.server),
    token,
    insecure: cli.flags.insecure === true,
    sshHost: flags.sshHost,
  });
  cli.print.note(`Context "${name}" saved for ${saved.username} and set as active.`);
};
