import type { WorkspaceCreateRequest } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes, isK8shellError, toCliError } from "../errors.ts";
import { clientFor } from "./find.ts";
import { followJob } from "./follow-job.ts";
import { parseRepository } from "./repository.ts";

export interface CreateFlags {
  readonly username?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly wait: boolean;
  readonly events?: boolean;
}

export const create = async (cli: Cli, blueprint: string | undefined, flags: CreateFlags): Promise<void> => {
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
  const created = await client.createWorkspace(request).catch((error: unknown) => {
    if (!isK8shellError(error) || error.code !== "already_exists") throw error;
    const { message, exitCode } = toCliError(error);
    const hint = `Use it: k8shell workspace shell ${blueprint ?? flags.repo}, or see k8shell workspace list`;
    throw new CliError(message, { hint, exitCode, cause: error });
  });
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

export type StartFlags = Pick<CreateFlags, "wait" | "events">;

export const start = async (cli: Cli, wanted: string, flags: StartFlags): Promise<void> => {
  const { client, name } = await clientFor(cli, wanted);
  const { jobId } = await client.api.startWorkspace({ name });
  if (flags.wait)
    await followJob(cli, client, jobId, { events: flags.events === true, title: `Starting ${name}` });
  if (cli.print.json) await cli.print.value(await client.api.getWorkspace({ name }));
};
