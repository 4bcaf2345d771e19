import type { WorkspaceDetails } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { formatAge } from "../output/format.ts";
import type { Column } from "../output/table.ts";

const columns: Column<WorkspaceDetails>[] = [
  { title: "NAME", text: ({ name }) => name },
  { title: "USERNAME", text: ({ username }) => username },
  { title: "ORIGIN", text: ({ origin, blueprint }) => origin || blueprint },
  { title: "STATUS", text: ({ status }) => status },
  { title: "CPU", text: ({ cpu }) => cpu },
  { title: "MEMORY", text: ({ memory }) => memory },
  { title: "AGE", text: ({ created }) => formatAge(created) },
];

export interface ListFlags {
  readonly all?: boolean;
  readonly username?: string;
  readonly sort?: string;
}

export const list = async (cli: Cli, { all, username, sort }: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  await cli.print.table(columns, await api.listWorkspaces({ all, username }), {
    sort,
    empty: "No workspaces yet: k8shell workspace create BLUEPRINT",
  });
};
