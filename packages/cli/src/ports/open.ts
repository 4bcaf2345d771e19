import type { Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { openBrowser } from "../open-browser.ts";
import { clientFor } from "../workspace/find.ts";
import { parsePort } from "./port.ts";

export interface OpenFlags {
  readonly print?: boolean;
}

/** The port that somebody means by a number or an app's name. @throws CliError */
const portOf = async (client: Client, name: string, wanted: string): Promise<number> => {
  if (/^\d+$/.test(wanted)) return parsePort(wanted);
  const apps = await client.api.listApps({ name });
  const app = apps.find((candidate) => candidate.name === wanted);
  if (app && app.port > 0) return app.port;
  const known = apps.filter(({ port }) => port > 0).map((candidate) => candidate.name);
  throw new CliError(app ? `${wanted} has no port.` : `${name} has no app ${wanted}.`, {
    hint: known.length > 0 ? `Give a port, or one of: ${known.join(", ")}` : "Give a port, e.g. 8080",
    exitCode: exitCodes.notFound,
  });
};

/** Opens what listens on a port in the browser; its address is printed too. */
export const open = async (cli: Cli, wanted: string, port: string, { print }: OpenFlags): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  const found = await client.api.getPort({ name, port: await portOf(client, name, port) });
  if (cli.print.json) await cli.print.value(found);
  else await cli.print.line(found.url);
  if (print || cli.print.json) return;
  if (!(await openBrowser(found.url, cli.io.env))) {
    cli.print.note("There is no browser to open here: open the address above in one.");
  }
};
