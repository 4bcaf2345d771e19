import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createPipeMaker } from "../process/pipes.ts";
import { runCommand } from "./command.ts";

/** Keeps this process from doing anything, as a machine with too much to do does. */
const stand = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test("what a command has written is not lost when this process has no time to read it", async () => {
  const home = mkdtempSync(join(tmpdir(), "k8shell-command-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const pieces: string[] = [];
  const { exitCode } = await runCommand({
    shell: "/bin/sh",
    // The shell ends at once; what it leaves behind writes while nobody reads.
    command: "(sleep 0.5; echo late) & echo first",
    env: {},
    cwd: home,
    makePipe: createPipeMaker(join(home, "pipes")),
    async onOutput(_, data) {
      pieces.push(Buffer.from(data).toString());
      if (pieces.length === 1) setTimeout(() => stand(1500), 100);
      return true;
    },
  });
  expect(await exitCode).toBe(0);
  expect(pieces.join("")).toBe("first\nlate\n");
});
