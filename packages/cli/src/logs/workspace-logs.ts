import type { WorkspaceLogOptions } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { formatTime } from "../output/format.ts";
import { plain } from "../output/table.ts";
import { clientFor } from "../workspace/find.ts";

export interface WorkspaceLogFlags {
  readonly follow?: boolean;
  readonly tail: string;
  readonly component?: string;
  readonly level?: WorkspaceLogOptions["level"];
}

/** A whole number of lines. @throws CliError */
const parseCount = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CliError(`--tail is "${text}".`, { hint: "Give a number of lines.", exitCode: exitCodes.usage });
};

export const workspaceLogs = async (cli: Cli, wanted: string, flags: WorkspaceLogFlags): Promise<void> => {
  const lastN = parseCount(flags.tail);
  const { client, name } = await clientFor(cli, wanted);
  const entries = client.logs.workspace(name, {
    follow: flags.follow,
    lastN,
    component: flags.component,
    level: flags.level,
    signal: cli.io.signal,
  });
  for await (const entry of entries) {
    const text = cli.print.json
      ? JSON.stringify(entry)
      : plain(`${formatTime(entry.time)}  ${entry.level.padEnd(5)}  ${entry.component}  ${entry.message}`);
    // The reader went away: `| head`.
    if (!(await cli.print.line(text))) return;
  }
};
