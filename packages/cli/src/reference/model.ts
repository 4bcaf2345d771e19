import type { Command } from "commander";
import { exitCodeTable } from "../errors.ts";
import { visibleCommands } from "../visible-commands.ts";

/** A flag, an argument, or anything else with a name and a meaning. */
export interface Entry {
  readonly term: string;
  readonly text: string;
}

export interface CommandReference {
  /** `k8shell workspace create`. */
  readonly name: string;
  readonly usage: string;
  readonly aliases: readonly string[];
  readonly text: string;
  readonly arguments: readonly Entry[];
  readonly options: readonly Entry[];
}

export interface Reference {
  readonly text: string;
  readonly globalOptions: readonly Entry[];
  /** In the order of the help, groups left out. */
  readonly commands: readonly CommandReference[];
  readonly exitCodes: readonly Entry[];
  readonly environment: readonly Entry[];
}

/** Environment variables that the command reads. */
const environment: readonly Entry[] = [
  { term: "K8SHELL_SERVER", text: "address of the server, instead of a context (in scripts and workspaces)" },
  { term: "K8SHELL_TOKEN", text: "access token for K8SHELL_SERVER" },
  { term: "K8SHELL_SSH_HOST", text: "SSH gateway for workspace ssh, scp, code and connstr" },
  { term: "K8SHELL_COMPLETION_SECONDS", text: "how long completion waits for the server (default: 2.5)" },
  { term: "XDG_CONFIG_HOME", text: "directory of k8shell/config.yaml, instead of ~/.config" },
  {
    term: "XDG_STATE_HOME",
    text: "directory of what is known of interrupted uploads, instead of ~/.local/state",
  },
  { term: "BROWSER", text: "program that opens addresses" },
  { term: "NO_COLOR", text: "no colours, as --no-ansi" },
  { term: "NODE_EXTRA_CA_CERTS", text: "file with certificate authorities to trust besides the usual ones" },
];

const options = (command: Command): Entry[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map((option) => {
      const preset: unknown = option.defaultValue;
      const stated = typeof preset === "string" && preset !== "" ? ` (default: ${preset})` : "";
      const choices = option.argChoices === undefined ? "" : ` (one of: ${option.argChoices.join(", ")})`;
      return { term: option.flags, text: `${option.description}${choices}${stated}` };
    });

const describe = (command: Command, parents: readonly string[]): CommandReference => {
  const path = [...parents, command.name()].join(" ");
  return {
    name: path,
    usage: `${path} ${command.usage()}`.trim(),
    aliases: command.aliases(),
    text: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      term: argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      text: [
        argument.description || placeholderTexts[argument.name()] || "",
        argument.argChoices === undefined ? "" : `(one of: ${argument.argChoices.join(", ")})`,
      ]
        .filter((part) => part !== "")
        .join(" "),
    })),
    options: options(command).filter(({ term }) => term !== "-h, --help"),
  };
};

/** What arguments are that say so nowhere else. */
const placeholderTexts: Readonly<Record<string, string>> = {
  workspace: "its name, or the blueprint or repository it was made from",
  context: "the name of a context",
  app: "the name of an app",
  blueprint: "the name of a blueprint",
};

const walk = (command: Command, parents: readonly string[]): CommandReference[] =>
  visibleCommands(command).flatMap((sub) =>
    sub.commands.length === 0
      ? [describe(sub, [...parents, command.name()])]
      : walk(sub, [...parents, command.name()]),
  );

/** All that there is to know about the command, from its own definitions. */
export const referenceOf = (program: Command): Reference => ({
  text: program.description(),
  globalOptions: options(program),
  commands: walk(program, []),
  exitCodes: Object.values(exitCodeTable).map(([code, text]) => ({ term: String(code), text })),
  environment,
});
