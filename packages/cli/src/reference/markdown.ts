import type { CommandReference, Entry, Reference } from "./model.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

const rows = (entries: readonly Entry[]): string =>
  entries.map(({ term, text }) => `- \`${term}\`: ${cell(text)}`).join("\n");

const commandText = ({ name, usage, aliases, text, ...lists }: CommandReference): string =>
  [
    `### ${name.replace(/^k8shell /, "")}`,
    `${text[0]?.toUpperCase()}${cell(text.slice(1))}.${aliases.length > 0 ? ` Also \`${aliases.join("`, `")}\`.` : ""}`,
    `\`\`\`text\n${usage}\n\`\`\``,
    rows([...lists.arguments, ...lists.options]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");

const open = "<!-- reference -->";
const close = "<!-- /reference -->";

/** The generated part of docs/cli.md. */
export const markdownReference = (reference: Reference): string =>
  [
    "## Exit codes",
    "`workspace exec` and `workspace shell` exit with what was run, `workspace ssh`, `scp` and `code` with what their program did.",
    rows(reference.exitCodes),
    "## Environment",
    rows(reference.environment),
    "## Options of every command",
    rows(reference.globalOptions),
    "## Commands",
    ...reference.commands.map(commandText),
  ].join("\n\n");

/** The page with its generated part renewed. */
export const withReference = (page: string, reference: Reference): string => {
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`the page lacks ${open} … ${close}`);
  return `${page.slice(0, from + open.length)}\n\n${markdownReference(reference)}\n\n${page.slice(to)}`;
};
