import type { WorkspaceCreateRequest, WorkspaceDetails, WorkspaceStreamEvent } from "@k8shell/sdk";
import { type Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { formatAge, formatTime } from "../output/format.ts";
import { type Column, plain } from "../output/table.ts";
import type { Act } from "../program.ts";
import { confirm } from "../prompt.ts";
import { followJob } from "./follow-job.ts";

const columns: Column<WorkspaceDetails>[] = [
  { title: "NAME", text: ({ name }) => name },
  { title: "USERNAME", text: ({ username }) => username },
  { title: "ORIGIN", text: ({ origin, blueprint }) => origin || blueprint },
  { title: "STATUS", text: ({ status }) => status },
  { title: "CPU", text: ({ cpu }) => cpu },
  { title: "MEMORY", text: ({ memory }) => memory },
  { title: "AGE", text: ({ created }) => formatAge(created) },
];

interface ListFlags {
  readonly all?: boolean;
  readonly username?: string;
  readonly sort?: string;
}

const list = async (cli: Cli, { all, username, sort }: ListFlags): Promise<void> => {
  const { api } = await cli.client();
  await cli.print.table(columns, await api.listWorkspaces({ all, username }), {
    sort,
    empty: "No workspaces yet: k8shell workspace create BLUEPRINT",
  });
};

const get = async (cli: Cli, name: string): Promise<void> => {
  const { api } = await cli.client();
  const workspace = await api.getWorkspace({ name });
  if (cli.print.json) {
    await cli.print.value(workspace);
    return;
  }
  const rows: Array<readonly [string, string]> = [
    ["Name", workspace.name],
    ["Owner", workspace.username],
    ["Status", workspace.message ? `${workspace.status} (${workspace.message})` : workspace.status],
    ["Made from", workspace.origin || workspace.blueprint],
    ["Organization", workspace.organization],
    ["Resources", `${workspace.cpu} cpu, ${workspace.memory} memory`],
    ["Created", formatTime(workspace.created)],
    ["Restarts", String(workspace.restarts)],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows)
    await cli.print.line(`${cli.print.bold(label.padEnd(width))}  ${plain(text)}`);
};

interface CreateFlags {
  readonly username?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly wait: boolean;
  readonly events?: boolean;
}

/** `owner/name`, `name`, or an address of a repository. */
const parseRepository = (text: string): { repoOwner?: string; repoName: string } => {
  const path = text
    .replace(/^\w+:\/\/[^/]+\//, "")
    .replace(/\.git$/, "")
    .replace(/^\/+|\/+$/g, "");
  const slash = path.indexOf("/");
  return slash < 0
    ? { repoName: path }
    : { repoOwner: path.slice(0, slash), repoName: path.slice(slash + 1) };
};

const create = async (cli: Cli, blueprint: string | undefined, flags: CreateFlags): Promise<void> => {
  if ((blueprint === undefined) === (flags.repo === undefined)) {
    throw new CliError("Name either a blueprint or a repository.", {
      hint: "k8shell workspace create dev, or k8shell workspace create --repo owner/name",
      exitCode: exitCodes.usage,
    });
  }
  const client = await cli.client();
  const username = flags.username ?? (await client.api.getMyProfile()).username;
  const request: WorkspaceCreateRequest =
    flags.repo === undefined
      ? { username, blueprint }
      : { username, ...parseRepository(flags.repo), repoRef: flags.ref };
  const created = await client.createWorkspace(request);
  if (!flags.wait) {
    if (cli.print.json) await cli.print.value(created);
    else await cli.print.line(created.workspace);
    return;
  }
  await followJob(cli, client, created.jobId, {
    events: flags.events === true,
    title: `Creating ${created.workspace}`,
  });
  if (cli.print.json) await cli.print.value(await client.api.getWorkspace({ name: created.workspace }));
  else await cli.print.line(created.workspace);
};

const start = async (cli: Cli, name: string, flags: Pick<CreateFlags, "wait" | "events">): Promise<void> => {
  const client = await cli.client();
  const { jobId } = await client.api.startWorkspace({ name });
  if (flags.wait)
    await followJob(cli, client, jobId, { events: flags.events === true, title: `Starting ${name}` });
  if (cli.print.json) await cli.print.value(await client.api.getWorkspace({ name }));
};

interface ShutdownFlags {
  readonly delete?: boolean;
  readonly yes?: boolean;
}

const shutdown = async (cli: Cli, name: string, flags: ShutdownFlags): Promise<void> => {
  const client = await cli.client();
  if (flags.delete) {
    const sure = await confirm(
      cli.io,
      `Delete ${name}? Its home directory and everything stored in it are lost for ever.`,
      flags.yes === true,
    );
    if (!sure) {
      cli.print.note("Nothing was done.");
      return;
    }
  }
  const { message } = await client.api.deleteWorkspace({ name, delete: flags.delete });
  if (cli.print.json) await cli.print.value({ workspace: name, message });
  else cli.print.note(plain(message));
};

const eventLine = ({ timestamp, objectName, status, message }: WorkspaceStreamEvent): string =>
  plain([timestamp, objectName, status, message].filter(Boolean).join("  "));

const jobEvents = async (cli: Cli, name: string): Promise<void> => {
  const client = await cli.client();
  const { jobId } = await client.api.getWorkspace({ name });
  if (!jobId) {
    throw new CliError(`The record of how ${name} was made is gone.`, { exitCode: exitCodes.notFound });
  }
  for await (const event of client.jobs.events(jobId, { signal: cli.io.signal })) {
    if (cli.print.json) await cli.print.line(JSON.stringify(event));
    else if (event.type !== "progress") await cli.print.line(eventLine(event));
  }
};

export const addWorkspaceCommands = (program: Command, act: Act): void => {
  const workspace = program.command("workspace").alias("ws").description("workspaces");
  workspace
    .command("list")
    .alias("ls")
    .description("list workspaces")
    .option("--all", "those of everybody you may see")
    .addOption(new Option("--username <name>", "those of this user"))
    .option("--sort <column>", "sort by a column, e.g. status or -age")
    .action(act<[ListFlags]>(list));
  workspace
    .command("create")
    .description("make a workspace from a blueprint or a repository, or start a stopped one")
    .argument("[blueprint]")
    .option("--repo <owner/name>", "make it from this repository")
    .option("--ref <ref>", "branch, tag or pull request of the repository")
    .option("--username <name>", "for this user instead of yourself")
    .option("--events", "show every event instead of a progress bar")
    .option("--no-wait", "do not wait until it runs")
    .action(act<[string | undefined, CreateFlags]>(create));
  workspace
    .command("get")
    .description("what there is to know about a workspace")
    .argument("<name>")
    .action(act<[string, object]>(get));
  workspace
    .command("start")
    .description("start a stopped workspace")
    .argument("<name>")
    .option("--events", "show every event instead of a progress bar")
    .option("--no-wait", "do not wait until it runs")
    .action(act<[string, Pick<CreateFlags, "wait" | "events">]>(start));
  workspace
    .command("shutdown")
    .alias("stop")
    .description("stop a workspace; its files stay")
    .argument("<name>")
    .option("--delete", "delete it with its files")
    .option("-y, --yes", "do not ask")
    .action(act<[string, ShutdownFlags]>(shutdown));
  workspace
    .command("job-events")
    .description("how a workspace was made: the events of its job")
    .argument("<name>")
    .action(act<[string, object]>(jobEvents));
};
