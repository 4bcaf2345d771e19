import type { Blueprint } from "@k8shell/contract";
import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import { bindingsOf } from "../blueprints/bindings.ts";
import { composeBlueprint } from "../blueprints/compose.ts";
import { type BlueprintPatch, patchesOf } from "../blueprints/patch.ts";
import type { TreeMap } from "../blueprints/tree.ts";
import type { ProvisionerDeps } from "../deps.ts";
import { type RepositoryAddress, repositoryAddress } from "../repo/address.ts";
import { checkTarget, type Target } from "./target.ts";
import { userEnvironment } from "./user-environment.ts";

/** Everything that was checked before a workspace is made. */
export interface Plan {
  readonly target: Target;
  readonly user: User;
  /** Name shown as the workspace's blueprint. */
  readonly blueprintName: string;
  readonly userEnv: Readonly<Record<string, string>>;
  readonly repository: RepositoryAddress | undefined;
  /** The blueprint when it needs no repository. */
  readonly blueprint: Blueprint | undefined;
  /**
   * The blueprint of a repository workspace.
   * @param file what the repository's own file says; undefined when it has none
   * @throws RpcError
   */
  composeRepository(file: TreeMap | undefined): Promise<Blueprint>;
}

const mayUse = (user: User, blueprint: string): boolean =>
  user.blueprints.includes("*") || user.blueprints.includes(blueprint);

const notPermitted = (name: string) =>
  new RpcError(Code.PermissionDenied, `blueprint ${name} is not permitted`);

/**
 * Finds the owner.
 * @throws RpcError NotFound, PermissionDenied when locked
 */
export const findOwner = async ({ identity }: ProvisionerDeps, username: string): Promise<User> => {
  const user = await identity.findUser({ username });
  if (user.locked) throw new RpcError(Code.PermissionDenied, "the account is locked");
  return user;
};

/** Asks the policy whether the owner may have this workspace (grpc-behaviour section 8, workspace:provision). */
const askPolicy = async (
  { identity, authz }: ProvisionerDeps,
  user: User,
  target: Target,
  blueprint: string,
): Promise<BlueprintPatch[]> => {
  if (!authz) return [];
  const { userToken } = await identity.issueUserToken({ username: user.username, source: user.source });
  const decision = await authz.evaluate({
    token: userToken,
    package: "workspace",
    action: "workspace:provision",
    resource: { type: "workspace", id: target.name, attributes: { owner: user.username } },
    context: { blueprint, mode: "standalone" },
  });
  if (!decision.allowed) {
    throw new RpcError(Code.PermissionDenied, decision.reason || "not permitted by policy");
  }
  return patchesOf(decision.obligations);
};

/**
 * Checks a request in the documented order (grpc-behaviour section 5) and gathers what its work needs.
 * @param composed what the workspace was last made from, to be used again: the blueprint itself may be gone
 * @throws RpcError with the code of the first check that fails
 */
export const planWorkspace = async (
  deps: ProvisionerDeps,
  target: Target,
  composed?: Blueprint,
): Promise<Plan> => {
  const { catalog, identity, defaultBlueprint, gitBaseUrl } = deps;
  const { parsed } = target;
  checkTarget(target);
  const user = await findOwner(deps, parsed.username);
  if (parsed.workload) {
    throw new RpcError(
      Code.FailedPrecondition,
      "workspaces cannot be injected into workloads: this provisioner has no cluster",
    );
  }
  const isRepository = parsed.form === "repo" && parsed.repoName !== "";
  const blueprintName = parsed.blueprint === "" ? defaultBlueprint : parsed.blueprint;
  if (!mayUse(user, blueprintName) && !(isRepository && mayUse(user, defaultBlueprint))) {
    throw notPermitted(blueprintName);
  }
  const source = isRepository || composed ? undefined : catalog.find(blueprintName);
  if (!isRepository && !composed) {
    if (!source) throw new RpcError(Code.NotFound, `blueprint ${blueprintName} does not exist`);
    if (source.source.isTemplate) {
      throw new RpcError(Code.InvalidArgument, `${blueprintName} is a template and cannot be provisioned`);
    }
  }
  const repository = isRepository
    ? repositoryAddress(
        user.gitAddress === "" ? gitBaseUrl : user.gitAddress,
        parsed.repoOwner,
        parsed.repoName,
      )
    : undefined;
  const patches = await askPolicy(deps, user, target, blueprintName);
  const userEnv = await userEnvironment(identity, user.username, user.organization);
  const bindings = bindingsOf({
    user,
    workspace: { name: target.name, blueprint: blueprintName },
    repo: {
      owner: parsed.repoOwner,
      name: parsed.repoName,
      ref: parsed.ref,
      address: repository?.url ?? "",
    },
    env: userEnv,
  });
  const compose = (tree: TreeMap) => composeBlueprint({ tree, find: catalog.find, bindings, patches });
  return {
    target,
    user,
    blueprintName,
    userEnv,
    repository,
    blueprint: source ? await compose(source.tree) : composed,
    async composeRepository(file = {}) {
      const template = typeof file.template === "string" ? file.template : defaultBlueprint;
      const base = catalog.find(template);
      if (!base) throw new RpcError(Code.NotFound, `blueprint ${template} does not exist`);
      if (!base.source.isTemplate && !mayUse(user, template)) throw notPermitted(template);
      const { repoOwner, repoName, ref } = parsed;
      return compose({
        ...file,
        name: blueprintName,
        template,
        metadata: {
          name: target.name,
          repoOwner,
          repoName,
          repoRef: ref,
          repoAddress: repository?.url ?? "",
        },
      });
    },
  };
};
