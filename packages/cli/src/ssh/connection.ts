import type { WorkspaceDetails } from "@k8shell/sdk";
import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { findWorkspace } from "../workspace/find.ts";
import { type SshTarget, sshUserString } from "./user-string.ts";

export interface SshFlags {
  readonly pod?: string;
  readonly repo?: string;
  readonly blueprint?: string;
  readonly ref?: string;
  readonly user?: string;
  readonly host?: string;
  readonly b64?: boolean;
  readonly print?: boolean;
}

/** Where ssh connects to. */
export interface SshConnection {
  readonly userString: string;
  readonly host: string;
  readonly port: number | undefined;
}

/** Workspaces of one machine have this in place of a Kubernetes namespace. No gateway is before them. */
const oneMachine = "local";

const parseHost = (text: string): { host: string; port: number | undefined } => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:@/[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || host.startsWith("-")) {
    throw new CliError(`"${text}" is not an SSH gateway.`, {
      hint: "Write it as HOST or HOST:PORT",
      exitCode: exitCodes.usage,
    });
  }
  return { host, port: match?.[3] === undefined ? undefined : Number(match[3]) };
};

const noGateway = (name: string) =>
  new CliError("This installation has no SSH gateway.", {
    hint: `Use k8shell workspace shell ${name} (exec, cp, forward), or name a gateway with --host or K8SHELL_SSH_HOST`,
    exitCode: exitCodes.unsupported,
  });

/** What a workspace says (rest-contract section 7, serverName). */
const gatewayOf = (
  workspace: WorkspaceDetails | undefined,
  name: string,
): { host: string; port: number | undefined } => {
  if (!workspace || workspace.namespace === oneMachine || workspace.serverName === "") throw noGateway(name);
  return parseHost(workspace.serverName);
};

const targetOf = (workspace: string | undefined, flags: SshFlags): SshTarget => {
  const given = [workspace ?? flags.pod, flags.repo, flags.blueprint].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new CliError("Name one workspace, repository or blueprint.", {
      hint: "k8shell workspace ssh NAME, --repo owner/name, or --blueprint NAME",
      exitCode: exitCodes.usage,
    });
  }
  if (flags.repo !== undefined) return { repo: flags.repo, ref: flags.ref };
  if (flags.blueprint !== undefined) return { blueprint: flags.blueprint };
  return { workspace: workspace ?? flags.pod ?? "" };
};

/**
 * Finds out how ssh reaches a workspace: through `--host`, the environment's, the context's, or what the workspace says.
 * @throws CliError where there is no gateway
 */
export const sshConnection = async (
  cli: Cli,
  workspace: string | undefined,
  flags: SshFlags,
): Promise<SshConnection> => {
  const wanted = targetOf(workspace, flags);
  const context = await cli.context();
  const client = await cli.clientOf(context);
  const target =
    "workspace" in wanted ? { workspace: await findWorkspace(client, wanted.workspace) } : wanted;
  const chosen = flags.host ?? cli.io.env.K8SHELL_SSH_HOST ?? context.sshHost;
  const name = "workspace" in target ? target.workspace : "NAME";
  const { host, port } = chosen
    ? parseHost(chosen)
    : gatewayOf(
        "workspace" in target
          ? await client.api.getWorkspace({ name })
          : // Any workspace of the installation says where its gateway is.
            (await client.api.listWorkspaces())[0],
        name,
      );
  const username = context.username || (await client.api.getMyProfile()).username;
  return {
    userString: sshUserString(username, target, { runAs: flags.user, base64: flags.b64 === true }),
    host,
    port,
  };
};
