import { type Command, Option } from "commander";
import type { Act } from "../program.ts";
import { collect } from "./collect.ts";

/** Terminals and commands in a workspace. */
export const addTerminalCommands = (workspace: Command, act: Act): void => {
  workspace
    .command("shell")
    .description("a terminal in a workspace; it survives lost connections, and can be left and found again")
    .argument("<workspace>")
    .option("--attach <terminal>", "go on with this terminal of the list, or join it")
    .option("--list", "list the terminals of the workspace")
    .option("--tab <name>", "a terminal of that name: the same name finds the same shell")
    .addOption(
      new Option("--role <role>", "what to be in a terminal of somebody else").choices([
        "owner",
        "writer",
        "observer",
      ]),
    )
    .option("--detach-key <keys>", "leave the shell running with these keys", "ctrl-a d")
    .action(act(() => import("../terminal/shell.ts").then(({ shell }) => shell)));
  workspace
    .command("exec")
    .description("run a command in a workspace; it exits with the command's exit code")
    .argument("<workspace>")
    .argument("<command...>", "a program and its arguments, behind --")
    .option("--cwd <directory>", "directory to run in (default: the home directory)")
    .option("-e, --env <name=value>", "environment variable; several times for several", collect)
    .option("-s, --shell", "let the workspace's shell interpret the command")
    .option("-n, --no-stdin", "give it no standard input")
    .action(act(() => import("../terminal/exec.ts").then(({ exec }) => exec)));
};
