import type { Command } from "commander";
import type { Act } from "../program.ts";

const contexts = () => import("../context/contexts.ts");

export const addContextCommands = (program: Command, act: Act): void => {
  const context = program.command("context").alias("ctx").description("servers and who one is there");
  context
    .command("list")
    .alias("ls")
    .description("list contexts")
    .action(act(() => contexts().then(({ list }) => list)));
  context
    .command("use")
    .description("make a context the active one")
    .argument("<context>")
    .action(act(() => contexts().then(({ use }) => use)));
  context
    .command("add")
    .description("add a context with an access token")
    .argument("<name>", "how to call it")
    .requiredOption("--server <address>", "address of the server")
    .option("--token <token>", "access token (asked for when left out)")
    .option("--ssh-host <host:port>", "SSH gateway of the installation, for workspace ssh, scp and code")
    .action(act(() => contexts().then(({ add }) => add)));
  context
    .command("delete")
    .alias("rm")
    .description("delete a context")
    .argument("<context>")
    .action(act(() => contexts().then(({ remove }) => remove)));
};
