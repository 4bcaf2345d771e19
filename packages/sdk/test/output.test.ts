import { expect, test } from "vitest";
import { createOutput } from "../src/terminal/output.ts";

const info = {
  id: "shell",
  role: "owner",
  cols: 80,
  rows: 24,
  reattached: true,
  detachable: true,
  protocol: "cloudshell-v2",
} as const;

test("what a shell printed before is told as repeated up to where the server had it, however it comes", () => {
  const output = createOutput(() => {});
  const written: [text: string, isRepeated: boolean][] = [];
  output.attach({
    write(data, rendered, isRepeated) {
      written.push([Buffer.from(data).toString(), isRepeated]);
      // At once: nothing waits to be rendered when the next piece comes.
      rendered();
    },
    reset() {},
  });
  const began = { stream: "s", offset: 100, window: 1_000, info };
  output.begin({ ...began, head: 106 });
  output.output(100, Buffer.from("old"));
  output.output(103, Buffer.from("old"));
  output.output(106, Buffer.from("new"));
  // Gone on with: what was printed meanwhile has had no answer.
  output.begin({ ...began, offset: 109, head: 112 });
  output.output(109, Buffer.from("new"));
  // A server that does not tell.
  output.begin({ ...began, stream: "t", head: 0 });
  output.output(100, Buffer.from("old"));
  output.output(103, Buffer.from("any"));
  output.stop();
  expect(written).toEqual([
    ["old", true],
    ["old", true],
    ["new", false],
    ["new", false],
    ["old", true],
    ["any", false],
  ]);
});
