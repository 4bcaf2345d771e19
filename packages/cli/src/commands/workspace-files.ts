import type { Command } from "commander";
import type { Act } from "../program.ts";

/** Files of a workspace. */
export const addFileCommands = (workspace: Command, act: Act): void => {
  workspace
    .command("cp")
    .description(
      "copy a file or directory to or from a workspace; the same command goes on with what was interrupted",
    )
    .argument("<source>", "WORKSPACE:PATH, a path of this machine, or - for standard input")
    .argument("<target>", "WORKSPACE:PATH, a path of this machine, or - for standard output")
    .action(act(() => import("../files/cp.ts").then(({ cp }) => cp)));
  workspace
    .command("ls")
    .description("list files of a workspace, or without an argument the workspaces")
    .argument("[workspace:path]", "e.g. dev, its home directory, or dev:src")
    .option("-a, --all", "also names that begin with a dot; workspaces of everybody you may see")
    .option("--sort <column>", "sort by a column, e.g. size or -modified")
    .action(act(() => import("../files/list.ts").then(({ list }) => list)));
};
