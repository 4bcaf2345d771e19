import type { Argument, Command, Option } from "commander";
import { visibleCommands } from "../visible-commands.ts";

/** Something that may stand at the cursor. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What is asked for at the cursor. */
export interface Position {
  /** The word so far; for `--option=val` only `val`. */
  readonly current: string;
  /** What stands before `current` in its word: `--option=`, or nothing. */
  readonly prefix: string;
  /** Those that are known without asking anybody. */
  readonly candidates: readonly Candidate[];
  /** Names what else may stand there: the placeholder of an argument or option, such as `workspace` or `file`. */
  readonly placeholder: string | undefined;
  /** Arguments of the command before the cursor. */
  readonly operands: readonly string[];
}

const optionsOf = (command: Command): Option[] => {
  const all: Option[] = [];
  for (let at: Command | null = command; at; at = at.parent) all.push(...at.options);
  return all.filter(({ hidden }) => !hidden);
};

const isNamed = ({ short, long }: Option, word: string): boolean => word === short || word === long;

const takesValue = (option: Option | undefined): boolean =>
  option !== undefined && (option.required || option.optional);

const placeholderOf = (flags: string): string | undefined => /[<[]([^\]>.]+)/.exec(flags)?.[1];

const choicesOf = (place: { readonly argChoices?: readonly string[] | undefined }): Candidate[] =>
  (place.argChoices ?? []).map((value) => ({ value, description: "" }));

/** The argument at `index`; the last one stands for all that follow when it is variadic. */
const argumentAt = (command: Command, index: number): Argument | undefined => {
  const list = command.registeredArguments;
  const last = list.at(-1);
  return list[index] ?? (last?.variadic ? last : undefined);
};

/**
 * Finds out what may stand at the end of a command line.
 * @param words the words of the command line behind the command's own name; the last is the one at the cursor
 */
export const positionOf = (program: Command, words: readonly string[]): Position => {
  const current = words.at(-1) ?? "";
  let command = program;
  const operands: string[] = [];
  let pending: Option | undefined;
  let onlyOperands = false;
  for (const word of words.slice(0, -1)) {
    if (pending) {
      pending = undefined;
    } else if (onlyOperands) {
      operands.push(word);
    } else if (word === "--") {
      onlyOperands = true;
    } else if (word.startsWith("-") && word !== "-") {
      const option = word.includes("=")
        ? undefined
        : optionsOf(command).find((known) => isNamed(known, word));
      pending = takesValue(option) ? option : undefined;
    } else {
      const sub =
        operands.length === 0
          ? command.commands.find((known) => known.name() === word || known.aliases().includes(word))
          : undefined;
      if (sub) command = sub;
      else operands.push(word);
    }
  }

  const none = { operands, prefix: "", current, candidates: [], placeholder: undefined };
  if (pending) {
    return { ...none, candidates: choicesOf(pending), placeholder: placeholderOf(pending.flags) };
  }
  if (!onlyOperands && current.startsWith("-")) {
    const equals = current.indexOf("=");
    if (equals > 0) {
      const prefix = current.slice(0, equals + 1);
      const option = optionsOf(command).find((known) => isNamed(known, current.slice(0, equals)));
      if (!option || !takesValue(option)) return none;
      return {
        ...none,
        prefix,
        current: current.slice(equals + 1),
        candidates: choicesOf(option),
        placeholder: placeholderOf(option.flags),
      };
    }
    const names = optionsOf(command).map((option) => ({
      value: option.long ?? option.short ?? "",
      description: option.description,
    }));
    return { ...none, candidates: [...names, { value: "--help", description: "display help for command" }] };
  }
  if (command.commands.length > 0) {
    if (operands.length > 0) return none;
    return {
      ...none,
      candidates: visibleCommands(command).map((sub) => ({
        value: sub.name(),
        description: sub.description(),
      })),
    };
  }
  const argument = argumentAt(command, operands.length);
  if (!argument) return none;
  return { ...none, candidates: choicesOf(argument), placeholder: argument.name() };
};
