import { expect, test } from "vitest";
import { dataResult, fitting, fittingText, maxText } from "./result.ts";

const textOf = (result: ReturnType<typeof dataResult>): string => {
  const [content] = result.content;
  return content?.type === "text" ? content.text : "";
};

test("what fits into an answer is whole JSON, however much there is", () => {
  const items = Array.from({ length: 5000 }, (_, index) => ({ name: `file-${index}` }));
  const shown = fitting(items);
  expect(shown.length).toBeGreaterThan(1000);
  const list = textOf(dataResult({ items: shown }));
  expect(list.length).toBeLessThanOrEqual(maxText);
  expect(JSON.parse(list)).toEqual({ items: shown });
  expect(fitting(items.slice(0, 3))).toHaveLength(3);

  const [stdout, stderr] = ["\0", "é\n"].map((piece) => fittingText(piece.repeat(24 * 1024), 2));
  const streams = textOf(dataResult({ stdout, stderr }));
  expect(streams.length).toBeLessThanOrEqual(maxText);
  expect(JSON.parse(streams)).toEqual({ stdout, stderr });
  expect(stdout).toContain("characters left out");
  expect(fittingText("short", 2)).toBe("short");
});
