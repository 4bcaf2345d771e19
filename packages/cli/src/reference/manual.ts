import type { Entry, Reference } from "./model.ts";

/** Text for roff: nothing in it is a request or an escape (groff_char(7), man(7)). */
const escapeRoff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1")
    .replaceAll("…", "...");

const list = (entries: readonly Entry[]): string[] =>
  entries.flatMap(({ term, text }) => [".TP", `.B ${escapeRoff(term)}`, escapeRoff(text) || "\\ "]);

/** The manual page k8shell(1). */
export const manualPage = (reference: Reference, version: string): string =>
  [
    `.TH K8SHELL 1 "" "k8shell ${version}" "User Commands"`,
    ".SH NAME",
    `k8shell \\- ${escapeRoff(reference.text.replace(/\.$/, "").toLowerCase())}`,
    ".SH SYNOPSIS",
    ".B k8shell",
    "[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]",
    ".SH OPTIONS",
    ...list(reference.globalOptions),
    ".SH COMMANDS",
    ...reference.commands.flatMap(({ usage, text, aliases, ...lists }) => [
      `.SS ${escapeRoff(usage)}`,
      escapeRoff(
        `${text[0]?.toUpperCase()}${text.slice(1)}.${aliases.length > 0 ? ` Also ${aliases.join(", ")}.` : ""}`,
      ),
      ...list([...lists.arguments, ...lists.options]),
    ]),
    ".SH EXIT STATUS",
    ...list(reference.exitCodes),
    ".SH ENVIRONMENT",
    ...list(reference.environment),
    ".SH FILES",
    ".TP",
    ".B ~/.config/k8shell/config.yaml",
    "Contexts with their tokens.",
    "",
  ].join("\n");
