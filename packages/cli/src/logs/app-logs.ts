import type { Cli } from "../cli.ts";
import { clientFor } from "../workspace/find.ts";

export interface AppLogFlags {
  readonly follow?: boolean;
  readonly install?: boolean;
}

export const appLogs = async (cli: Cli, wanted: string, app: string, flags: AppLogFlags): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  const lines = client.logs.app(name, app, {
    follow: flags.follow,
    type: flags.install ? "install" : "app",
    signal: cli.io.signal,
  });
  for await (const line of lines) {
    if (!(await cli.print.line(cli.print.json ? JSON.stringify({ line }) : line))) return;
  }
};
