import type { Command } from "commander";

/** The commands below one, in the order of its help, without those that are hidden and `help` itself. */
export const visibleCommands = (command: Command): Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== "help");
