import type { FileInfo } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { clientFor } from "../workspace/find.ts";
import { list as listWorkspaces } from "../workspace/list.ts";
import { parsePlace } from "./workspace-path.ts";

const columns: Column<FileInfo>[] = [
  { title: "MODE", text: ({ mode }) => mode },
  { title: "SIZE", text: ({ size, isDir }) => (isDir ? "-" : formatBytes(size)) },
  { title: "MODIFIED", text: ({ modTime }) => formatTime(modTime) },
  {
    title: "NAME",
    text: ({ name, type, target }) =>
      type === "directory" ? `${name}/` : target === undefined ? name : `${name} -> ${target}`,
  },
];

export interface ListFlags {
  readonly all?: boolean;
  readonly sort?: string;
}

export const list = async (cli: Cli, wanted: string | undefined, { all, sort }: ListFlags): Promise<void> => {
  if (wanted === undefined) return listWorkspaces(cli, { all, sort });
  const place = parsePlace(wanted.includes(":") ? wanted : `${wanted}:`);
  const workspace = place.kind === "workspace" ? place.workspace : wanted;
  const { path } = place;
  const { client, name } = await clientFor(cli, workspace);
  const info = await client.api.statFile({ name, path });
  if (!info.isDir) return cli.print.table(columns, [info], { sort });
  const { entries, complete } = await client.api.listFiles({ name, path, hidden: all });
  await cli.print.table(columns, entries, { sort, empty: "Nothing here." });
  if (!complete) cli.print.note("The directory has more entries than a listing holds.");
};
