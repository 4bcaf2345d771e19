import type { Command } from "commander";
import type { Act } from "../program.ts";

const ssh = () => import("../ssh/ssh.ts");

const withTarget = (command: Command): Command =>
  command
    .option("--pod <workspace>", "the workspace, as the argument")
    .option("--repo <owner/name>", "the workspace of a repository")
    .option("--ref <ref>", "branch, tag or pull request of the repository")
    .option("--blueprint <blueprint>", "the workspace of a blueprint");

const withGateway = (command: Command): Command =>
  command
    .option("--user <name>", "user inside the workspace")
    .option("--host <host:port>", "the SSH gateway (default: K8SHELL_SSH_HOST, the context, the workspace)")
    .option("--print", "print what would be used, and connect nowhere");

const base64 = ["--b64", "write the user string in base64, for programs that do not let it through"] as const;

/** The commands that go through the platform's SSH gateway. */
export const addSshCommands = (workspace: Command, act: Act): void => {
  withGateway(withTarget(workspace.command("ssh")))
    .description("connect with OpenSSH through the SSH gateway")
    .argument("[workspace]")
    .argument("[command...]", "what to run instead of a shell (behind --)")
    .option(...base64)
    .action(act(() => ssh().then(({ ssh }) => ssh)));
  withGateway(workspace.command("scp"))
    .description("copy files with OpenSSH through the SSH gateway")
    .argument("<workspace>")
    .argument("<path...>", "sources and the target; those in the workspace begin with a colon")
    .option("-r, --recursive", "copy directories too")
    .action(act(() => ssh().then(({ scp }) => scp)));
  withGateway(withTarget(workspace.command("code")))
    .description("open a workspace in VS Code through the SSH gateway")
    .argument("[workspace]")
    .argument("[path]", "directory in the workspace")
    .action(act(() => ssh().then(({ code }) => code)));
  withTarget(workspace.command("connstr"))
    .description("print what an SSH client connects to")
    .argument("[workspace]")
    .option("--user <name>", "user inside the workspace")
    .option("--host <host:port>", "the SSH gateway (default: K8SHELL_SSH_HOST, the context, the workspace)")
    .option(...base64)
    .action(act(() => ssh().then(({ connstr }) => connstr)));
};
