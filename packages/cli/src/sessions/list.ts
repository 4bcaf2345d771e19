import type { SSHSession } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { formatBytes, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";

export interface ListFlags {
  readonly username?: string;
  readonly user?: string;
  readonly workspace?: string;
  readonly all?: boolean;
  readonly sort?: string;
}

const columns: Column<SSHSession>[] = [
  { title: "SESSION_ID", text: ({ sessionID }) => sessionID },
  { title: "USERNAME", text: ({ username }) => username },
  { title: "WORKSPACE", text: ({ workspace }) => workspace },
  { title: "CLIENT_IP", text: ({ clientIP }) => clientIP },
  { title: "CHANNELS", text: ({ operations }) => operations.join(",") },
  { title: "START", text: ({ startTime }) => formatTime(startTime) },
  { title: "END", text: ({ endTime }) => formatTime(endTime) },
  { title: "BYTES_IN", text: ({ bytesIn }) => formatBytes(bytesIn) },
  { title: "BYTES_OUT", text: ({ bytesOut }) => formatBytes(bytesOut) },
];

export const list = async (cli: Cli, flags: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  const username = flags.username ?? flags.user;
  const query = { workspace: flags.workspace, all: flags.all };
  const sessions = username
    ? await api.listUserSessions({ username, ...query })
    : await api.listMySessions(query);
  await cli.print.table(columns, sessions, { sort: flags.sort, empty: "No sessions." });
};
