import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "k8shell-descriptors-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const high = 40;

/** What a program started by the program `script` sees, which was itself started with descriptor 40 open. */
const seenBelow = async (script: string): Promise<string> => {
  const secret = join(directory, "secret");
  writeFileSync(secret, "of the operator");
  const file = join(directory, "program.mjs");
  writeFileSync(file, `${script}\nprocess.stdout.write(execFileSync("ls", ["-l", "/proc/self/fd"]));`);
  const descriptor = openSync(secret, "r");
  try {
    const child = spawn(process.execPath, [file], {
      stdio: [
        "ignore",
        "pipe",
        "inherit",
        ...Array.from({ length: high - 3 }, () => "ignore" as const),
        descriptor,
      ],
    });
    let output = "";
    child.stdout?.on("data", (data) => {
      output += data;
    });
    await once(child, "close");
    return output;
  } finally {
    closeSync(descriptor);
  }
};

const module = JSON.stringify(join(import.meta.dirname, "../../src/inherited-descriptors.ts"));
const start = 'import { execFileSync } from "node:child_process";';

test("a file left open in the server is not passed on to workspaces", async () => {
  expect(await seenBelow(start)).toContain(join(directory, "secret"));
  const closed = await seenBelow(
    `${start} import { closeInheritedDescriptors } from ${module}; closeInheritedDescriptors();`,
  );
  expect(closed).toContain("/proc/");
  expect(closed).not.toContain(join(directory, "secret"));
});
