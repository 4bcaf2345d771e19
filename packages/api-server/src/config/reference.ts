import { configAsJsonSchema, type SchemaNode } from "./json-schema.ts";

const shownDefault = ({ default: value, otherwise }: SchemaNode, isRequired: boolean): string => {
  if (otherwise !== undefined) return otherwise;
  if (value !== undefined) return typeof value === "string" ? `\`${value}\`` : String(value);
  return isRequired ? "must be set" : "none";
};

type Row = readonly [key: string, fallback: string, meaning: string];

const row = (key: string, node: SchemaNode, isRequired: boolean): Row => [
  `\`${key}\``,
  shownDefault(node, isRequired),
  node.description ?? "",
];

const isBlock = (node: SchemaNode): boolean => node.properties !== undefined;

/** A row for each key below a block; a list of blocks also has a row for each key of these, as `list[].key`. */
const rows = (block: SchemaNode, prefix: string): Row[] =>
  Object.entries(block.properties ?? {}).flatMap(([name, node]) => {
    const key = `${prefix}${name}`;
    if (isBlock(node)) return rows(node, `${key}.`);
    const isRequired = node.default === undefined && (block.required ?? []).includes(name);
    return [row(key, node, isRequired), ...(node.items ? rows(node.items, `${key}[].`) : [])];
  });

/** A Markdown table whose columns are padded, as the formatter wants it. */
const table = (lines: readonly Row[]): string => {
  const all: readonly Row[] = [["key", "default", "meaning"], ...lines];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const [head = "", ...body] = all.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  return [head, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
};

/** Every key of the configuration as Markdown: a heading, a sentence and a table for each block. */
export const configReference = (): string => {
  const { properties = {} } = configAsJsonSchema();
  const blocks = Object.entries(properties).filter(([, node]) => isBlock(node));
  const scalars = Object.entries(properties).filter(([, node]) => !isBlock(node));
  return [
    ...blocks.map(
      ([name, node]) => `### ${name}\n\n${node.description ?? ""}\n\n${table(rows(node, `${name}.`))}`,
    ),
    `### Others\n\n${table(scalars.map(([name, node]) => row(name, node, false)))}`,
  ].join("\n\n");
};

const begin = "<!-- keys: made from the schema by `npm run generate`; do not edit -->";
const end = "<!-- /keys -->";

/**
 * A document with the reference put between its marks.
 * @throws Error when it has no marks
 */
export const withReference = (document: string): string => {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document lacks the lines ${begin} and ${end}`);
  return `${document.slice(0, from)}${begin}\n\n${configReference()}\n\n${document.slice(to)}`;
};
