import { repositoryBlueprintFileSchema } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import {
  BlueprintFileError,
  describeIssue,
  type ParsedText,
  parseBlueprintText,
} from "../blueprints/source-file.ts";
import { isTreeMap, type TreeMap } from "../blueprints/tree.ts";
import type { Sandbox, SandboxSpec } from "../sandbox/types.ts";

/** Name of the file at the top of a repository that describes its workspace. */
export const repositoryFileName = ".k8shell.yaml";

/** The library takes a tenth of a second and more to parse so much, and the author is anybody. */
const maxBytes = 64 * 1024;

/**
 * The blueprint in the text of a repository's file.
 * @throws RpcError FailedPrecondition naming the line and what is wrong
 */
export const parseRepositoryBlueprint = async (text: string): Promise<TreeMap> => {
  const fail = (line: number | undefined, reason: string) =>
    new RpcError(
      Code.FailedPrecondition,
      `${repositoryFileName}${line === undefined ? "" : ` line ${line}`}: ${reason}`,
    );
  let parsed: ParsedText;
  try {
    parsed = await parseBlueprintText(text);
  } catch (error) {
    if (error instanceof BlueprintFileError) throw fail(error.line, error.message);
    throw error;
  }
  const checked = repositoryBlueprintFileSchema.safeParse(parsed.tree);
  if (!checked.success) {
    const { text: reason, path } = describeIssue(checked.error);
    throw fail(parsed.lineOf(path), reason);
  }
  const blueprint = isTreeMap(parsed.tree) ? parsed.tree.blueprint : undefined;
  return isTreeMap(blueprint) ? blueprint : {};
};

/**
 * Reads the file from a clone, inside the workspace's sandbox: a link in the repository then leads nowhere but there.
 * @returns undefined when the repository has none
 * @throws RpcError FailedPrecondition when it cannot be used
 */
export const readRepositoryBlueprint = async (options: {
  sandbox: Sandbox;
  spec: SandboxSpec;
  directory: string;
  signal: AbortSignal;
}): Promise<TreeMap | undefined> => {
  const { sandbox, spec, directory, signal } = options;
  const run = { env: { HOME: sandbox.inside(spec).home }, signal, maxOutput: maxBytes + 1 };
  const script = `test -f "$1" || exit 66; exec head -c ${maxBytes + 1} -- "$1"`;
  const file = `./${directory}/${repositoryFileName}`;
  const { code, stdout } = await sandbox.runOnce(spec, ["sh", "-c", script, "sh", file], run);
  if (code === 66) return undefined;
  if (code !== 0 || stdout.length > maxBytes) {
    throw new RpcError(Code.FailedPrecondition, `${repositoryFileName} cannot be read or is too large`);
  }
  return parseRepositoryBlueprint(stdout);
};
