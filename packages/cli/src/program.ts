import { Command, Option } from "commander";
import { type Cli, createCli, type GlobalFlags } from "./cli.ts";
import { addAppCommands } from "./commands/app.ts";
import { addBlueprintCommands } from "./commands/blueprint.ts";
import { addCompletion } from "./commands/completion.ts";
import { addContextCommands } from "./commands/context.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addLogin } from "./commands/login.ts";
import { addMcp } from "./commands/mcp.ts";
import { addServe } from "./commands/serve.ts";
import { addSessionCommands } from "./commands/session.ts";
import { addTokenCommands } from "./commands/token.ts";
import { addUserCommands } from "./commands/user.ts";
import { addWorkspaceCommands } from "./commands/workspace.ts";
import type { Io } from "./io.ts";
import { version } from "./version.ts";

/**
 * Makes the action of a command: what it does is loaded when it is called, and gets what every command works with, then
 * the command's own arguments and flags.
 */
export type Act = <W extends (cli: Cli, ...args: never) => unknown>(
  load: () => Promise<W>,
) => (...args: unknown[]) => Promise<void>;

/**
 * The whole command, with everything it understands. Completions, the manual and the reference are made from it too.
 */
export const createProgram = (io: Io): Command => {
  const program = new Command("k8shell")
    .description("Workspaces from the command line.")
    .addOption(new Option("-c, --context <context>", "use this context instead of the active one"))
    .option("--json", "write results as JSON")
    .option("--debug", "write the heads of requests and answers to standard error")
    .option("--insecure", "do not verify the server's certificate")
    .option("--no-ansi", "no colours")
    .option("-w, --wrap", "let long lines wrap instead of cutting them")
    .option("--config <file>", "configuration file (default: ~/.config/k8shell/config.yaml)")
    .version(version, "-V, --version", "write the version")
    .showHelpAfterError("(--help tells more)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 80, 100),
      getErrHelpWidth: () => Math.min(io.stderr.columns ?? 80, 100),
    })
    .addHelpText(
      "after",
      "\nBegin with:\n  k8shell login --server https://k8shell.example.org\n  k8shell workspace create dev\n",
    );

  const act: Act =
    (load) =>
    async (...args) => {
      const command = args.pop() as Command;
      const work = await load();
      await work(createCli(io, command.optsWithGlobals<GlobalFlags>()), ...(args as never));
    };
  addLogin(program, act);
  addContextCommands(program, act);
  addWorkspaceCommands(program, act);
  addAppCommands(program, act);
  addTokenCommands(program, act);
  addBlueprintCommands(program, act);
  addSessionCommands(program, act);
  addUserCommands(program, act);
  addMcp(program, act);
  addServe(program, act);
  addDoctor(program, act);
  addCompletion(program, act);
  return program;
};
