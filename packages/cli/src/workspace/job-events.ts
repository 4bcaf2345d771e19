import type { WorkspaceStreamEvent } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { plain } from "../output/table.ts";
import { clientFor } from "./find.ts";

const eventLine = ({ timestamp, objectName, status, message }: WorkspaceStreamEvent): string =>
  plain([timestamp, objectName, status, message].filter(Boolean).join("  "));

export const jobEvents = async (cli: Cli, wanted: string): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  const { jobId } = await client.api.getWorkspace({ name });
  if (!jobId) {
    throw new CliError(`The record of how ${name} was made is gone.`, {
      hint: `Records are kept for a while only; see how it is now: k8shell workspace get ${name}`,
      exitCode: exitCodes.notFound,
    });
  }
  for await (const event of client.jobs.events(jobId, { signal: cli.io.signal })) {
    if (cli.print.json) await cli.print.line(JSON.stringify(event));
    else if (event.type !== "progress") await cli.print.line(eventLine(event));
  }
};
