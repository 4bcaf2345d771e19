import type { Command } from "commander";
import type { Act } from "../program.ts";

export const addSessionCommands = (program: Command, act: Act): void => {
  const session = program.command("session").alias("ses").description("history of sessions");
  session
    .command("list")
    .alias("ls")
    .description("list sessions, the oldest first")
    .option("--username <user>", "sessions of this user")
    .option("--user <user>", "the same as --username")
    .option("--workspace <workspace>", "sessions of this workspace")
    .option("--all", "sessions of everybody you may see")
    .option("--sort <column>", "sort by a column, e.g. start, or -start for the latest first")
    .action(act(() => import("../sessions/list.ts").then(({ list }) => list)));
};
