import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { parseServer } from "../config/choose-context.ts";
import type { Context } from "../config/config-file.ts";
import { CliError, exitCodes } from "../errors.ts";
import type { Column } from "../output/table.ts";
import type { Act } from "../program.ts";
import { ask } from "../prompt.ts";
import { saveContext } from "./login.ts";

const list = async (cli: Cli): Promise<void> => {
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

const use = async (cli: Cli, name: string): Promise<void> => {
  const config = await existing(cli, name);
  config.use(name);
  await config.save();
  cli.print.note(`Context "${name}" is active.`);
};

const remove = async (cli: Cli, name: string): Promise<void> => {
  const config = await existing(cli, name);
  config.remove(name);
  await config.save();
  cli.print.note(`Context "${name}" deleted. Its token still works until it is revoked: k8shell token list`);
};

interface AddFlags {
  readonly server: string;
  readonly token?: string;
}

const add = async (cli: Cli, name: string, flags: AddFlags): Promise<void> => {
  const token = flags.token ?? (await ask(cli.io, "Access token: ", { hidden: true }));
  const saved = await saveContext(cli, {
    name,
    server: parseServer(flags.server),
    token,
    insecure: cli.flags.insecure === true,
  });
  cli.print.note(`Context "${name}" saved for ${saved.username} and set as active.`);
};

export const addContextCommands = (program: Command, act: Act): void => {
  const context = program.command("context").alias("ctx").description("servers and who one is there");
  context.command("list").alias("ls").description("list contexts").action(act<[object]>(list));
  context
    .command("use")
    .description("make a context the active one")
    .argument("<name>")
    .action(act<[string, object]>(use));
  context
    .command("add")
    .description("add a context with an access token")
    .argument("<name>")
    .requiredOption("--server <address>", "address of the server")
    .option("--token <token>", "access token (asked for when left out)")
    .action(act<[string, AddFlags]>(add));
  context
    .command("delete")
    .alias("rm")
    .description("delete a context")
    .argument("<name>")
    .action(act<[string, object]>(remove));
};
