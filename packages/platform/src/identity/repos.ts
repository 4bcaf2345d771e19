import { parseUserString, UserStringError } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Directory } from "./directory.ts";
import type { ProviderAccounts } from "./provider-accounts.ts";
import type { RepoHost } from "./providers/provider.ts";
import type { Providers } from "./providers/providers.ts";

/** File of a repository that describes its workspace. */
const blueprintFile = ".k8shell.yaml";

type RepoRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  "listRepoOwners" | "listRepos" | "getBlueprintByUserStr"
>;

/**
 * Repositories at the user's identity provider, seen with the user's own git token. Local users, and users whose token
 * is gone, have none.
 */
export const createRepos = ({
  directory,
  providers,
  accounts,
}: {
  directory: Directory;
  providers: Providers;
  accounts: ProviderAccounts;
}): RepoRpcs => {
  const access = async (
    name: string,
  ): Promise<{ host: RepoHost; token: string; login: string } | undefined> => {
    const user = await directory.require(name);
    const provider = providers.external(user.source);
    if (!provider?.repoHost) return undefined;
    const token = await providers.ask(() => accounts.gitToken(provider, user.username));
    const login = await accounts.loginOf(provider.name, user.username);
    if (!token || login === undefined) return undefined;
    return { host: provider.repoHost, token: token.accessToken, login };
  };

  const parse = (text: string) => {
    try {
      return parseUserString(text);
    } catch (error) {
      if (!(error instanceof UserStringError)) throw error;
      throw new RpcError(Code.InvalidArgument, "not a user string", { cause: error });
    }
  };

  return {
    async listRepoOwners({ username }) {
      const found = await access(username);
      return { owners: found ? await providers.ask(() => found.host.owners(found.token)) : [] };
    },
    async listRepos({ username, repoOwner }) {
      const found = await access(username);
      if (!found) return { repos: [] };
      return { repos: await providers.ask(() => found.host.repos(found.token, repoOwner || found.login)) };
    },
    async getBlueprintByUserStr({ userstr }) {
      const parsed = parse(userstr);
      if (parsed.form !== "repo")
        throw new RpcError(Code.InvalidArgument, "the user string names no repository");
      const found = await access(parsed.username);
      if (!found) throw new RpcError(Code.NotFound, "the user has no access to a repository host");
      const { repoOwner: owner, repoName: name, ref } = parsed;
      const blueprint = await providers.ask(() =>
        found.host.file(found.token, { owner, name, ref, path: blueprintFile }),
      );
      if (!blueprint) throw new RpcError(Code.NotFound, `the repository has no ${blueprintFile}`);
      return { blueprint, repoAddress: found.host.cloneUrl(owner, name) };
    },
  };
};
