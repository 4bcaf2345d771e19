import type { Client, WorkspaceTerminalSession } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { formatAge } from "../output/format.ts";
import type { Column } from "../output/table.ts";

const columns: Column<WorkspaceTerminalSession>[] = [
  { title: "TERMINAL", text: (terminal) => terminal.session_id },
  { title: "OWNER", text: ({ owner }) => owner },
  { title: "STATE", text: ({ state }) => state ?? "detached" },
  { title: "AGE", text: (terminal) => formatAge(terminal.created_at) },
  {
    title: "VIEWERS",
    text: ({ viewers = [] }) =>
      viewers.map(({ username, role }) => `${username} (${role})`).join(", ") || "-",
  },
];

/** The terminals of a workspace, attached or not. */
export const listTerminals = async (cli: Cli, client: Client, name: string): Promise<void> => {
  const terminals = await client.api.listTerminals({ name, state: "all" }, { signal: cli.io.signal });
  await cli.print.table(columns, terminals, { empty: `No terminals: k8shell workspace shell ${name}` });
};
