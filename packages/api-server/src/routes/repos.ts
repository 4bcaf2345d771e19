import { routes } from "@k8shell/contract";
import type { Backends } from "../backends/backends.ts";
import { type BoundRoute, json } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { unlessEmpty } from "./mapping/values.ts";

export interface RepoRoutesDeps {
  readonly backends: Backends;
}

/** A provider may have to be asked over the network. */
const options = { timeoutMs: 30_000 };

/** Repositories at a user's identity provider (rest-contract 1.3, 2.13). */
export const repoRoutes = ({ backends: { identity } }: RepoRoutesDeps): BoundRoute[] => [
  ...bindBoth(routes.listUserRepoOwners, routes.listMyRepoOwners, async (context) => {
    const { owners } = await identity.listRepoOwners({ username: targetUser(context) }, options);
    return json(
      200,
      owners.map(({ login, kind, description, avatarUrl }) => ({
        login,
        kind,
        ...unlessEmpty("description", description),
        ...unlessEmpty("avatarUrl", avatarUrl),
      })),
    );
  }),

  ...bindBoth(routes.listUserRepos, routes.listMyRepos, async (context) => {
    const request = { username: targetUser(context), repoOwner: context.query.owner ?? "" };
    const { repos } = await identity.listRepos(request, options);
    return json(
      200,
      repos.map((repo) => ({
        name: repo.name,
        fullName: repo.fullName,
        ...unlessEmpty("description", repo.description),
        ...(repo.private ? { private: true } : {}),
        ...unlessEmpty("defaultBranch", repo.defaultBranch),
        ...unlessEmpty("htmlUrl", repo.htmlUrl),
      })),
    );
  }),
];
