import type { Command } from "commander";
import { type Cli, createCli, type GlobalFlags } from "../cli.ts";
import { write } from "../io.ts";
import { plain } from "../output/table.ts";
import { positionOf } from "./position.ts";
import { type Found, sources } from "./sources.ts";

/** A shell that waits longer seems to hang. */
const standardSeconds = 2.5;

/** Values of the options that say which server is asked. */
const flagsIn = (words: readonly string[]): GlobalFlags => {
  const given = (...names: string[]) => {
    const index = words.findIndex((word) => names.includes(word));
    return index >= 0 ? words[index + 1] : undefined;
  };
  return {
    ...(given("-c", "--context") === undefined ? {} : { context: given("-c", "--context") }),
    ...(given("--config") === undefined ? {} : { config: given("--config") }),
    ...(words.includes("--insecure") ? { insecure: true } : {}),
  };
};

/** Answers a shell's script: see script.ts. What cannot be found out is left out; nobody reads an error here. */
export const answer = async (cli: Cli, program: Command, words: readonly string[]): Promise<void> => {
  const position = positionOf(program, words);
  const seconds = Number(cli.io.env.K8SHELL_COMPLETION_SECONDS) || standardSeconds;
  const io = { ...cli.io, signal: AbortSignal.any([cli.io.signal, AbortSignal.timeout(seconds * 1000)]) };
  const own = createCli(io, { ...cli.flags, ...flagsIn(words.slice(0, -1)) });
  const source = position.placeholder === undefined ? undefined : sources[position.placeholder];
  let found: Found = { candidates: [] };
  if (source) {
    try {
      found = await source(own, own.client, position);
    } catch {
      // No context, no server, no right: nothing to offer.
    }
  }
  const matching = [...position.candidates, ...found.candidates].filter(({ value }) =>
    value.startsWith(position.current),
  );
  const lines = matching.map(
    ({ value, description }) => `${plain(position.prefix + value)}\t${plain(description)}`,
  );
  const directive = found.nospace && matching.length > 0 ? ":nospace" : found.files ? ":files" : ":";
  await write(io.stdout, `${[...lines, directive].join("\n")}\n`);
};
