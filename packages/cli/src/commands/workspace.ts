import type { WorkspaceLogOptions } from "@k8shell/sdk";
import { type Command, Option } from "commander";
import type { Act } from "../program.ts";
import { addFileCommands } from "./workspace-files.ts";
import { addSshCommands } from "./workspace-ssh.ts";
import { addTerminalCommands } from "./workspace-terminal.ts";

/** Of entries of a daemon's log, from the least. */
const levels = ["debug", "info", "warn", "error", "fatal"] satisfies WorkspaceLogOptions["level"][];

const shutdown = () => import("../workspace/shutdown.ts");
const create = () => import("../workspace/create.ts");

const addLifeCommands = (workspace: Command, act: Act): void => {
  workspace
    .command("list")
    .description("list workspaces")
    .option("--all", "those of everybody you may see")
    .option("--username <user>", "those of this user")
    .option("--sort <column>", "sort by a column, e.g. status or -age")
    .action(act(() => import("../workspace/list.ts").then(({ list }) => list)));
  workspace
    .command("create")
    .description("make a workspace from a blueprint or a repository, or start a stopped one")
    .argument("[blueprint]")
    .option("--repo <owner/name>", "make it from this repository")
    .option("--ref <ref>", "branch, tag or pull request of the repository")
    .option("--username <user>", "for this user instead of yourself")
    .option("--events", "show every event instead of a progress bar")
    .option("--no-wait", "do not wait until it runs")
    .action(act(() => create().then(({ create }) => create)));
  workspace
    .command("get")
    .description("what there is to know about a workspace")
    .argument("<workspace>")
    .action(act(() => import("../workspace/get.ts").then(({ get }) => get)));
  workspace
    .command("start")
    .description("start a stopped workspace")
    .argument("<workspace>")
    .option("--events", "show every event instead of a progress bar")
    .option("--no-wait", "do not wait until it runs")
    .action(act(() => create().then(({ start }) => start)));
  workspace
    .command("shutdown")
    .alias("stop")
    .description("stop a workspace; its files stay")
    .argument("<workspace>")
    .option("--delete", "delete it with its files")
    .option("-y, --yes", "do not ask")
    .action(act(() => shutdown().then(({ shutdown }) => shutdown)));
  workspace
    .command("delete")
    .alias("rm")
    .description("delete a workspace with its files")
    .argument("<workspace>")
    .option("-y, --yes", "do not ask")
    .action(act(() => shutdown().then(({ remove }) => remove)));
  workspace
    .command("job-events")
    .description("how a workspace was made: the events of its job")
    .argument("<workspace>")
    .action(act(() => import("../workspace/job-events.ts").then(({ jobEvents }) => jobEvents)));
  workspace
    .command("logs")
    .description("the log of a workspace's daemon")
    .argument("<workspace>")
    .option("-f, --follow", "go on with what is written from now on")
    .option("--tail <lines>", "how many lines to begin with", "100")
    .option("--component <name>", "only those of a part of the daemon")
    .addOption(new Option("--level <level>", "only those that are at least this").choices(levels))
    .action(act(() => import("../logs/workspace-logs.ts").then(({ workspaceLogs }) => workspaceLogs)));
  workspace
    .command("forward")
    .description("make ports of a workspace ports of this machine, until Ctrl-C")
    .argument("<workspace>")
    .argument("<ports...>", "PORT, LOCAL:PORT, or :PORT for a free port of this machine")
    .option("--bind <address>", "address of this machine to listen on", "127.0.0.1")
    .action(act(() => import("../ports/forward.ts").then(({ forward }) => forward)));
  workspace
    .command("open")
    .description("open what listens on a port of a workspace in the browser")
    .argument("<workspace>")
    .argument("<port>", "a port, or the name of an app")
    .option("--print", "print the address only")
    .action(act(() => import("../ports/open.ts").then(({ open }) => open)));
};

export const addWorkspaceCommands = (program: Command, act: Act): void => {
  const workspace = program
    .command("workspace")
    .alias("ws")
    .description("workspaces; each is named by its name, or by what it was made from");
  addLifeCommands(workspace, act);
  addTerminalCommands(workspace, act);
  addFileCommands(workspace, act);
  addSshCommands(workspace, act);
};
