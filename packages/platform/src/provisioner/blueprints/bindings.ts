import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { Bindings } from "./expressions.ts";

/** What the expressions of a blueprint see. */
export interface BindingFacts {
  readonly user: User;
  readonly workspace: { readonly name: string; readonly blueprint: string };
  readonly repo: {
    readonly owner: string;
    readonly name: string;
    readonly ref: string;
    readonly address: string;
  };
  readonly env: Readonly<Record<string, string>>;
}

/** The variables of expressions. */
export const bindingsOf = ({ user, workspace, repo, env }: BindingFacts): Bindings => ({
  user: {
    username: user.username,
    fullname: user.fullname,
    email: user.email,
    uid: BigInt(user.uid),
    gid: BigInt(user.gid),
    shell: user.shell,
    sudo: user.sudo,
    source: user.source,
    roles: user.roles,
    blueprints: user.blueprints,
    organization: user.organization,
  },
  org: user.organization,
  repo: { ...repo },
  workspace: { ...workspace },
  env,
});
