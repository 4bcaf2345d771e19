import type { Cli } from "../cli.ts";
import { formatTime } from "../output/format.ts";
import { clientFor } from "./find.ts";

export const get = async (cli: Cli, wanted: string): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  const workspace = await client.api.getWorkspace({ name });
  if (cli.print.json) return cli.print.value(workspace);
  await cli.print.fields([
    ["Name", workspace.name],
    ["Owner", workspace.username],
    ["Status", workspace.message ? `${workspace.status} (${workspace.message})` : workspace.status],
    ["Made from", workspace.origin || workspace.blueprint],
    ["Organization", workspace.organization],
    ["Resources", `${workspace.cpu} cpu, ${workspace.memory} memory`],
    ["Created", formatTime(workspace.created)],
    ["Restarts", String(workspace.restarts)],
  ]);
};
