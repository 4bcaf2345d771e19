/** One column: its heading, and the text of a row. */
export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
}

let segmenter: Intl.Segmenter | undefined;
/** Made by the first use: it takes longer than all else that a command does to start. */
const graphemes = (text: string): Intl.Segments => {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
};

const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

const cellsOf = (grapheme: string): number => (/^\p{M}/u.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1);

/** Cells that a text takes on a terminal. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const { segment } of graphemes(text)) width += cellsOf(segment);
  return width;
};

/** Cuts a text to a number of cells, with an ellipsis where something was cut. */
export const cut = (text: string, cells: number): string => {
  if (widthOf(text) <= cells) return text;
  let width = 0;
  let result = "";
  for (const { segment } of graphemes(text)) {
    width += cellsOf(segment);
    if (width > cells - 1) break;
    result += segment;
  }
  return `${result}…`;
};

const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** A text of the server's on one line that cannot move the cursor or change colours. */
export const plain = (text: string): string => text.replace(control, " ").trimEnd();

/**
 * Lines of a table with a heading.
 * @param width cells of the terminal; longer lines are cut. Absent: as long as they are.
 */
export const tableLines = <T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width?: number,
): string[] => {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => plain(text(row)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => widthOf(row[index] ?? ""))));
  return cells.map((row) => {
    const line = row
      .map((text, index) => text + " ".repeat((widths[index] ?? 0) - widthOf(text)))
      .join("  ")
      .trimEnd();
    return width === undefined ? line : cut(line, width);
  });
};

/** Sorts by the column of that title in any case; a leading `-` reverses. Unknown titles give undefined. */
export const sortRows = <T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  by: string,
): T[] | undefined => {
  const name = by.replace(/^-/, "").toUpperCase();
  const column = columns.find(({ title }) => title === name);
  if (!column) return undefined;
  const sorted = rows.toSorted((a, b) =>
    column.text(a).localeCompare(column.text(b), undefined, { numeric: true }),
  );
  return by.startsWith("-") ? sorted.reverse() : sorted;
};
