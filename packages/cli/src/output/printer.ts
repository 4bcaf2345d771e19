import { CliError, exitCodes } from "../errors.ts";
import { type Io, isInteractive, write } from "../io.ts";
import { type Column, plain, sortRows, tableLines } from "./table.ts";

export interface PrinterOptions {
  readonly json: boolean;
  readonly ansi: boolean;
  readonly wrap: boolean;
}

export interface Printer {
  readonly json: boolean;
  /** A line of result. Resolves to false when nobody reads any more (`| head`). */
  line(text: string): Promise<boolean>;
  /** Names and values below each other. */
  fields(rows: ReadonlyArray<readonly [name: string, text: string]>): Promise<void>;
  /** A line about what goes on, for a person: on standard error, and not with --json. */
  note(text: string): void;
  /** Anything as JSON. */
  value(value: unknown): Promise<void>;
  /** Rows as a table, or `values` (the rows by default) as JSON. */
  table<T>(
    columns: readonly Column<T>[],
    rows: readonly T[],
    options?: { readonly sort?: string | undefined; readonly empty?: string },
  ): Promise<void>;
  /** Text in bold, where colours are wanted. */
  bold(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
}

/** How results are written: for people on a terminal, for programs elsewhere. */
export const createPrinter = (io: Io, { json, ansi, wrap }: PrinterOptions): Printer => {
  const style = (code: string) => (text: string) => (ansi ? `\u001b[${code}m${text}\u001b[0m` : text);
  const bold = style("1");
  const line = (text: string) => write(io.stdout, `${text}\n`);
  const value = async (data: unknown) => {
    await line(JSON.stringify(data, null, 2));
  };
  return {
    json,
    line,
    value,
    bold,
    red: style("31"),
    yellow: style("33"),
    green: style("32"),
    async fields(rows) {
      const width = Math.max(...rows.map(([name]) => name.length));
      for (const [name, text] of rows) await line(`${bold(name.padEnd(width))}  ${plain(text)}`);
    },
    note(text) {
      if (!json) io.stderr.write(`${text}\n`);
    },
    async table(columns, rows, { sort, empty } = {}) {
      const sorted = sort === undefined ? rows : sortRows(columns, rows, sort);
      if (!sorted) {
        throw new CliError(`There is no column ${sort} to sort by.`, {
          hint: `Sort by one of: ${columns.map(({ title }) => title.toLowerCase()).join(", ")}`,
          exitCode: exitCodes.usage,
        });
      }
      if (json) {
        await value(sorted);
        return;
      }
      if (sorted.length === 0 && empty !== undefined && isInteractive(io.stdout)) {
        await line(empty);
        return;
      }
      const width = isInteractive(io.stdout) && !wrap ? io.stdout.columns : undefined;
      const [head = "", ...lines] = tableLines(columns, sorted, width);
      await line([bold(head), ...lines].join("\n"));
    },
  };
};
