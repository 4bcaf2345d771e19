import { expect, it } from "vitest";
import { cut, sortRows, tableLines, widthOf } from "./table.ts";

const columns = [
  { title: "NAME", text: ({ name }: { name: string }) => name },
  { title: "N", text: ({ n }: { n: number }) => String(n) },
] as const;
type Row = { name: string; n: number };
const rows: Row[] = [
  { name: "b", n: 10 },
  { name: "日本", n: 9 },
];
const both = [
  { title: "NAME", text: (row: Row) => columns[0].text(row) },
  { title: "N", text: (row: Row) => columns[1].text(row) },
];

it("columns line up, also with wide characters", () => {
  expect(tableLines(both, rows)).toEqual(["NAME  N", "b     10", "日本  9"]);
});

it("lines are cut to the width of the terminal", () => {
  expect(tableLines(both, rows, 6)).toEqual(["NAME …", "b    …", "日本 …"]);
  expect(widthOf(cut("日本語", 4))).toBeLessThanOrEqual(4);
});

it("text of the server cannot move the cursor", () => {
  expect(tableLines(both, [{ name: "a\u001b[2Jb\nc", n: 1 }])[1]).toBe("a [2Jb c  1");
});

it("rows are sorted by the column's text, numbers as numbers", () => {
  expect(sortRows(both, rows, "n")?.map(({ n }) => n)).toEqual([9, 10]);
  expect(sortRows(both, rows, "-n")?.map(({ n }) => n)).toEqual([10, 9]);
  expect(sortRows(both, rows, "x")).toBeUndefined();
});
