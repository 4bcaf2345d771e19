import { type Blueprint, blueprintSchema, repositoryBlueprintFileSchema } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { userEnvironment } from "../workspaces/user-environment.ts";
import { bindingsOf } from "./bindings.ts";
import { composeBlueprint } from "./compose.ts";
import { misspeltKey } from "./misspelt-key.ts";
import {
  BlueprintFileError,
  describeIssue,
  type ParsedText,
  parseBlueprintText,
  type SourceBlueprint,
  withoutExpressions,
} from "./source-file.ts";
import { isTreeMap, type TreeMap } from "./tree.ts";
import { createTurns } from "./turns.ts";

/** Largest text taken, bytes: the library takes a tenth of a second and more to parse so much. */
export const maxComposedBytes = 64 * 1024;
/** How many texts of one user may wait while another one is composed. */
const maxWaiting = 8;

const invalid = (line: number | undefined, reason: string) =>
  new RpcError(Code.InvalidArgument, line === undefined ? reason : `line ${line}: ${reason}`);

const parse = async (text: string): Promise<{ parsed: ParsedText; tree: TreeMap }> => {
  if (Buffer.byteLength(text) > maxComposedBytes) throw invalid(undefined, "the text is too large");
  let parsed: ParsedText;
  try {
    parsed = await parseBlueprintText(text);
  } catch (error) {
    if (error instanceof BlueprintFileError) throw invalid(error.line, error.message);
    throw error;
  }
  const checked = repositoryBlueprintFileSchema.safeParse(parsed.tree);
  if (!checked.success) {
    const { text: reason, path } = describeIssue(checked.error);
    throw invalid(parsed.lineOf(path), reason);
  }
  const tree = isTreeMap(parsed.tree) ? parsed.tree.blueprint : undefined;
  return { parsed, tree: isTreeMap(tree) ? tree : {} };
};

export interface ComposerDeps {
  readonly identity: Client<typeof IdentityService>;
  /** Looks a template up. Absent: the platform's templates cannot be read from here. */
  readonly find?: (name: string) => SourceBlueprint | undefined;
  /** Template of a text that names none. */
  readonly defaultBlueprint?: string;
}

/** Composes a text for a user, see `createComposer`. */
export type ComposeText = (username: string, text: string) => Promise<Blueprint>;

/**
 * Composes the text of a repository's blueprint file (top key `blueprint`) as provisioning would: templates, then
 * expressions, then the schema. Unlike provisioning it refuses keys that are misspelt: nothing would read them. The values
 * of the user's variables are not looked at: `env.NAME` is `<NAME>`, because who may read blueprints may not read those.
 * @throws RpcError InvalidArgument with the line of what is wrong, NotFound for the user, PermissionDenied for a
 *   blueprint as template that the user may not use, Unimplemented for a template without `find`, ResourceExhausted
 *   when too many texts of the user are waiting
 */
export const createComposer = ({ identity, find, defaultBlueprint }: ComposerDeps): ComposeText => {
  const turns = createTurns(maxWaiting);
  const compose = async (username: string, text: string): Promise<Blueprint> => {
    const { parsed, tree } = await parse(text);
    const at = (...path: string[]) => parsed.lineOf(["blueprint", ...path]);
    const name = typeof tree.name === "string" ? tree.name : "blueprint";
    const own = { ...tree, name };
    const checked = blueprintSchema.safeParse(withoutExpressions(own));
    if (!checked.success) {
      const { text: reason, path } = describeIssue(checked.error);
      throw invalid(at(...path.map(String)), reason);
    }
    const misspelt = misspeltKey(tree);
    if (misspelt) {
      const { path, meant } = misspelt;
      throw invalid(at(...path), `${path.join(".")}: is no key of a blueprint, perhaps ${meant} is meant`);
    }

    const user = await identity.findUser({ username });
    const named = typeof tree.template === "string" ? tree.template : undefined;
    if (named !== undefined && !find) {
      throw new RpcError(Code.Unimplemented, "the platform's provisioner does not give out its templates");
    }
    const wanted = named ?? defaultBlueprint;
    const base = wanted === undefined ? undefined : find?.(wanted);
    if (named !== undefined && !base) throw invalid(at("template"), `template ${named} does not exist`);
    const permitted =
      base?.source.isTemplate === true ||
      user.blueprints.includes("*") ||
      user.blueprints.includes(wanted ?? "");
    if (named !== undefined && !permitted) {
      throw new RpcError(Code.PermissionDenied, `blueprint ${named} is not permitted`);
    }
    const template = base && permitted ? wanted : undefined;

    const known = await userEnvironment(identity, username, user.organization);
    const env = Object.fromEntries(Object.keys(known).map((key) => [key, `<${key}>`]));
    const repo = { owner: "", name: "", ref: "", address: "" };
    try {
      return await composeBlueprint({
        tree: { ...own, ...(template === undefined ? {} : { template }) },
        find: find ?? (() => undefined),
        bindings: bindingsOf({ user, workspace: { name, blueprint: name }, repo, env }),
      });
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== Code.FailedPrecondition) throw error;
      throw new RpcError(Code.InvalidArgument, error.message, { cause: error });
    }
  };
  return (username, text) => turns(username, () => compose(username, text));
};
