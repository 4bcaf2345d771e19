import type { UserProfile } from "@k8shell/sdk";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import type { Column } from "../output/table.ts";
import type { Act } from "../program.ts";

const columns: Column<UserProfile>[] = [
  { title: "USERNAME", text: ({ username }) => username },
  { title: "FULLNAME", text: ({ fullname }) => fullname },
  { title: "EMAIL", text: ({ email }) => email },
  { title: "ORG", text: ({ organization }) => organization },
  { title: "ROLES", text: ({ roles }) => roles.join(",") },
  { title: "BLUEPRINTS", text: ({ blueprints }) => blueprints.join(",") },
  { title: "SUDO", text: ({ sudo }) => (sudo ? "yes" : "no") },
  { title: "SOURCE", text: ({ source }) => source },
  {
    title: "STATUS",
    text: (user) => (user.account_locked ? "locked" : user.is_valid ? "active" : "invalid"),
  },
];

const list = async (cli: Cli, { sort }: { sort?: string }): Promise<void> => {
  const { api } = await cli.client();
  await cli.print.table(columns, await api.listUsers(), { sort, empty: "No users." });
};

export const addUserCommands = (program: Command, act: Act): void => {
  const user = program.command("user").alias("usr").description("users");
  user
    .command("list")
    .alias("ls")
    .description("list users")
    .option("--sort <column>", "sort by a column, e.g. status")
    .action(act<[{ sort?: string }]>(list));
};
