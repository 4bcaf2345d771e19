import { expect, test } from "vitest";
import { shellRecording } from "./obligation.ts";

test.each([
  [undefined, false, false],
  ["", false, false],
  ["none", false, false],
  ["exec,sftp", false, false],
  ["shell", true, false],
  ["exec, shell", true, false],
  ["shell,shell-input", true, true],
  ["shell-input", true, true],
  ["shells", false, false],
])("record %s: output %s, input %s", (value, output, input) => {
  expect(shellRecording(value)).toEqual({ output, input });
});
