import type { AppStatus, Client } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import type { Column } from "../output/table.ts";
import { clientFor } from "../workspace/find.ts";

const columns: Column<AppStatus>[] = [
  { title: "NAME", text: ({ name }) => name },
  { title: "STATUS", text: ({ status }) => status },
  { title: "PORT", text: ({ port }) => (port > 0 ? String(port) : "-") },
  { title: "VERSION", text: ({ version }) => version || "-" },
  { title: "AGE", text: ({ age }) => age || "-" },
  { title: "RESTARTS", text: ({ restarts }) => String(restarts) },
];

export const list = async (cli: Cli, wanted: string, { sort }: { sort?: string }): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  await cli.print.table(columns, await client.api.listApps({ name }), {
    sort,
    empty: `${name} has no apps: its blueprint declares none.`,
  });
};

/** Shows how an app is after something was done to it. */
const tell = async (cli: Cli, client: Client, name: string, app: string, done: string): Promise<void> => {
  if (!cli.print.json) return cli.print.note(done);
  await cli.print.value((await client.api.listApps({ name })).find((status) => status.name === app) ?? null);
};

export const install = async (
  cli: Cli,
  wanted: string,
  app: string,
  { force }: { force?: boolean },
): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  await client.api.installApp({ name, app, force });
  await tell(
    cli,
    client,
    name,
    app,
    `The installation of ${app} has begun. Follow it: k8shell app logs ${name} ${app} --install -f`,
  );
};

export const start = async (cli: Cli, wanted: string, app: string): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  await client.api.startApp({ name, app });
  await tell(cli, client, name, app, `${app} starts. Open it: k8shell workspace open ${name} ${app}`);
};

export const stop = async (cli: Cli, wanted: string, app: string): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  await client.api.stopApp({ name, app });
  await tell(cli, client, name, app, `${app} has stopped.`);
};
