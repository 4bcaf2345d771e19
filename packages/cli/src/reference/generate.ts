import { createProgram } from "../program.ts";
import { version } from "../version.ts";
import { manualPage } from "./manual.ts";
import { withReference } from "./markdown.ts";
import { referenceOf } from "./model.ts";

/** The generated files of the command, by their path in the repository; `page` is docs/cli.md as it is. */
export const generatedFiles = (page: string): Readonly<Record<string, string>> => {
  const reference = referenceOf(
    createProgram({
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      env: {},
      signal: new AbortController().signal,
    }),
  );
  return {
    "docs/cli.md": withReference(page, reference),
    "packages/cli/man/k8shell.1": manualPage(reference, version),
  };
};
