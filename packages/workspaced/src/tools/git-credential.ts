import type { Credential } from "./api.ts";

/** Parses the `key=value` lines git writes to a credential helper (git-credential(1)). */
export const parseGitAttributes = (input: string): Map<string, string> => {
  const attributes = new Map<string, string>();
  for (const line of input.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) attributes.set(line.slice(0, at), line.slice(at + 1));
  }
  return attributes;
};

/** A line break in a value would let one attribute pass for another. */
const isOneLine = (value: string): boolean => !/[\n\r\0]/.test(value);

/**
 * Answers `get`: the user name and password for `protocol://host`, or nothing, so that git asks its next helper.
 * A user name that git already has must be the credential's.
 */
export const answerGit = async (
  attributes: ReadonlyMap<string, string>,
  find: (scope: string) => Promise<Credential | undefined>,
): Promise<string> => {
  const protocol = attributes.get("protocol");
  const host = attributes.get("host");
  if (!protocol || !host || !/^https?$/.test(protocol)) return "";
  const credential = await find(`${protocol}://${host}`);
  if (credential === undefined || !isOneLine(credential.subject) || !isOneLine(credential.secret)) return "";
  const wanted = attributes.get("username");
  if (wanted && credential.subject !== "" && wanted !== credential.subject) return "";
  return `username=${credential.subject || wanted || "git"}\npassword=${credential.secret}\n`;
};
