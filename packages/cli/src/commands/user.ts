import type { Command } from "commander";
import type { Act } from "../program.ts";

export const addUserCommands = (program: Command, act: Act): void => {
  const user = program.command("user").alias("usr").description("users");
  user
    .command("list")
    .alias("ls")
    .description("list users")
    .option("--sort <column>", "sort by a column, e.g. status")
    .action(act(() => import("../users/list.ts").then(({ list }) => list)));
};
