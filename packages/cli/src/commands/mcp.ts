import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import type { Act } from "../program.ts";

const serve = async (cli: Cli): Promise<void> => {
  const client = await cli.client();
  const { serveMcpStdio } = await import("@k8shell/mcp");
  await serveMcpStdio({ client, version: cli.version }, cli.io.signal);
};

export const addMcp = (program: Command, act: Act): void => {
  program
    .command("mcp")
    .description("serve workspaces as tools of the Model Context Protocol on standard input and output")
    .action(act<[object]>(serve));
};
