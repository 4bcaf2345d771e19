import type { Cli } from "../cli.ts";
import { CliError, exitCodes } from "../errors.ts";
import { runProgram } from "../run-program.ts";
import { type SshConnection, type SshFlags, sshConnection } from "./connection.ts";

const address = ({ userString, host, port }: SshConnection): string =>
  `${userString}@${host}${port === undefined ? "" : `:${port}`}`;

const print = async (cli: Cli, connection: SshConnection): Promise<void> => {
  if (cli.print.json) await cli.print.value(connection);
  else await cli.print.line(address(connection));
};

const clientHint = "Install OpenSSH's client, or use k8shell workspace shell, exec and cp instead";

/** Prints what ssh connects to. */
export const connstr = async (cli: Cli, workspace: string | undefined, flags: SshFlags): Promise<void> =>
  print(cli, await sshConnection(cli, workspace, flags));

/** Connects with OpenSSH's client. */
export const ssh = async (
  cli: Cli,
  workspace: string | undefined,
  command: readonly string[],
  flags: SshFlags,
): Promise<void> => {
  const connection = await sshConnection(cli, workspace, flags);
  if (flags.print) return print(cli, connection);
  const { userString, host, port } = connection;
  const args = [...(port === undefined ? [] : ["-p", String(port)]), "-l", userString, host, ...command];
  process.exitCode = await runProgram("ssh", args, clientHint);
};

export interface ScpFlags extends SshFlags {
  readonly recursive?: boolean;
}

/** Copies with OpenSSH's client; paths in the workspace begin with a colon. */
export const scp = async (
  cli: Cli,
  workspace: string,
  paths: readonly string[],
  flags: ScpFlags,
): Promise<void> => {
  if (paths.length < 2 || !paths.some((path) => path.startsWith(":"))) {
    throw new CliError("Name what to copy and where to, with a colon before paths in the workspace.", {
      hint: "k8shell workspace scp NAME report.pdf :docs/, or k8shell workspace scp NAME :docs/report.pdf .",
      exitCode: exitCodes.usage,
    });
  }
  // Not every scp lets the characters of a user string through.
  const connection = await sshConnection(cli, workspace, { ...flags, b64: true });
  const { userString, host, port } = connection;
  const target = host.includes(":") ? `[${host}]` : host;
  const args = [
    ...(port === undefined ? [] : ["-P", String(port)]),
    ...(flags.recursive ? ["-r"] : []),
    "--",
    ...paths.map((path) => (path.startsWith(":") ? `${userString}@${target}${path}` : path)),
  ];
  if (flags.print) return cli.print.line(["scp", ...args].join(" ")).then(() => undefined);
  process.exitCode = await runProgram("scp", args, clientHint);
};

/** Opens a workspace in VS Code over its Remote - SSH extension. */
export const code = async (
  cli: Cli,
  workspace: string | undefined,
  path: string | undefined,
  flags: SshFlags,
): Promise<void> => {
  const connection = await sshConnection(cli, workspace, { ...flags, b64: true });
  const args = ["--remote", `ssh-remote+${address(connection)}`, ...(path === undefined ? [] : [path])];
  if (flags.print) return cli.print.line(["code", ...args].join(" ")).then(() => undefined);
  process.exitCode = await runProgram(
    "code",
    args,
    "Install VS Code with its Remote - SSH extension, and its command `code` in your PATH",
  );
};
