import { readFileSync } from "node:fs";

/** The text of a file, or why it cannot be read, in a few words. */
export const readText = (path: string): { text: string } | { why: string } => {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const words: Readonly<Record<string, string>> = {
      ENOENT: "does not exist",
      EACCES: "may not be read by this process",
      EISDIR: "is a directory",
    };
    return { why: words[code] ?? `cannot be read${code && ` (${code})`}` };
  }
};
