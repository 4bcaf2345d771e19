import type { Command } from "commander";
import type { Act } from "../program.ts";

const blueprints = () => import("../blueprints/blueprints.ts");

export const addBlueprintCommands = (program: Command, act: Act): void => {
  const blueprint = program.command("blueprint").alias("bp").description("what workspaces are made from");
  blueprint
    .command("list")
    .alias("ls")
    .description("list the blueprints that you may make workspaces from")
    .option("--all", "all of the installation, with their descriptions and templates")
    .option("--sort <column>", "sort by a column, e.g. name")
    .action(act(() => blueprints().then(({ list }) => list)));
  blueprint
    .command("validate")
    .description("check a blueprint's YAML, e.g. a repository's .k8shell.yaml")
    .argument("<file>", "the file, or - for standard input")
    .option("--show", "show what it comes to with its template")
    .action(act(() => blueprints().then(({ validate }) => validate)));
};
