import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { BlueprintSummary } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes, isK8shellError } from "../errors.ts";
import type { Column } from "../output/table.ts";

const columns: Column<BlueprintSummary>[] = [
  { title: "NAME", text: ({ name }) => name },
  { title: "DESCRIPTION", text: ({ description }) => description || "-" },
  { title: "TEMPLATE", text: ({ isTemplate }) => (isTemplate ? "yes" : "no") },
];

export interface ListFlags {
  readonly all?: boolean;
  readonly sort?: string;
}

export const list = async (cli: Cli, { all, sort }: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  if (all) {
    return cli.print.table(columns, await api.listAllBlueprints(), { sort, empty: "No blueprints." });
  }
  const names = (await api.listMyBlueprints()).map((name) => ({ name }));
  await cli.print.table(columns.slice(0, 1), names, {
    sort,
    empty: "No blueprints: ask an administrator for a role that has some.",
  });
};

/** A file, or standard input for `-`. */
const readText = async (cli: Cli, path: string): Promise<string> => {
  if (path === "-") return text(cli.io.stdin);
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CliError(`${path} cannot be read.`, {
      hint: "Name a file like .k8shell.yaml, or - for standard input",
      exitCode: exitCodes.usage,
      cause,
    });
  }
};

export interface ValidateFlags {
  readonly show?: boolean;
}

export const validate = async (cli: Cli, file: string, { show }: ValidateFlags): Promise<void> => {
  const yaml = await readText(cli, file);
  const client = await cli.client();
  try {
    const composed = await client.blueprints.compose(yaml);
    if (cli.print.json || show) await cli.print.value(composed);
    else cli.print.note(`${file} is a valid blueprint. See what it comes to with --show.`);
  } catch (error) {
    if (!isK8shellError(error) || error.status !== 400) throw error;
    throw new CliError(`${file}: ${error.message}`, {
      hint: "Correct it and run this again; docs/workspaces.md describes blueprints",
      cause: error,
    });
  }
};
