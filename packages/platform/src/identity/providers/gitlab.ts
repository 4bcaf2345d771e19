import { z } from "zod";
import type { GitlabConfig } from "./config.ts";
import { getBytes, getJson, getPages, pathOf, publishedKeys } from "./http.ts";
import { createOAuthClient } from "./oauth.ts";
import {
  type ExternalProfile,
  type ExternalProvider,
  type GitToken,
  gitHostCapabilities,
  ProviderError,
  type RepoHost,
} from "./provider.ts";

const account = z.object({
  id: z.number(),
  username: z.string(),
  name: z.string().nullish(),
  email: z.string().nullish(),
  confirmed_at: z.string().nullish(),
  bio: z.string().nullish(),
  avatar_url: z.string().nullish(),
});
const group = z.object({
  full_path: z.string(),
  description: z.string().nullish(),
  avatar_url: z.string().nullish(),
});
const project = z.object({
  path: z.string(),
  path_with_namespace: z.string(),
  description: z.string().nullish(),
  visibility: z.string().nullish(),
  default_branch: z.string().nullish(),
  web_url: z.string().nullish(),
});

const createRepoHost = (
  api: string,
  baseUrl: string,
  self: (token: string) => Promise<z.infer<typeof account>>,
): RepoHost => ({
  async owners(token) {
    const user = await self(token);
    const url = `${api}/groups?min_access_level=10`;
    const groups = (await getPages(z.array(group), { url, token })) ?? [];
    return [
      { login: user.username, kind: "user", description: user.bio ?? "", avatarUrl: user.avatar_url ?? "" },
      ...groups.map((entry) => ({
        login: entry.full_path,
        kind: "organization" as const,
        description: entry.description ?? "",
        avatarUrl: entry.avatar_url ?? "",
      })),
    ];
  },
  async repos(token, owner) {
    const list = (path: string) => getPages(z.array(project), { url: `${api}/${path}`, token });
    const id = pathOf(owner);
    const found = (await list(`groups/${id}/projects`)) ?? (await list(`users/${id}/projects`));
    return (found ?? []).map((entry) => ({
      name: entry.path,
      fullName: entry.path_with_namespace,
      description: entry.description ?? "",
      private: entry.visibility !== "public",
      defaultBranch: entry.default_branch ?? "",
      htmlUrl: entry.web_url ?? "",
    }));
  },
  async file(token, { owner, name, ref, path }) {
    const url = new URL(`${api}/projects/${pathOf(`${owner}/${name}`)}/repository/files/${pathOf(path)}/raw`);
    url.searchParams.set("ref", ref === "" ? "HEAD" : ref);
    return (await getBytes({ url, token }))?.body;
  },
  cloneUrl: (owner, name) => `${baseUrl}/${owner}/${name}.git`,
});

/** gitlab.com or a GitLab of one's own, as an OAuth 2.0 application. */
export const createGitlabProvider = (config: GitlabConfig, now: () => number): ExternalProvider => {
  const { baseUrl } = config;
  const api = `${baseUrl}/api/v4`;
  const client = createOAuthClient({
    ...config,
    server: {
      kind: "known",
      metadata: {
        issuer: baseUrl,
        authorization_endpoint: `${baseUrl}/oauth/authorize`,
        token_endpoint: `${baseUrl}/oauth/token`,
        device_authorization_endpoint: `${baseUrl}/oauth/authorize_device`,
        token_endpoint_auth_methods_supported: ["client_secret_post"],
      },
    },
    scopes: config.scopes ?? ["read_user", "read_api", "read_repository", "write_repository"],
    openid: false,
    now,
  });

  const self = async (token: string) => {
    const user = await getJson(account, { url: `${api}/user`, token });
    if (!user) throw new ProviderError("unavailable", "GitLab does not know the user of a token");
    return user;
  };

  const profileOf = async (gitToken: GitToken): Promise<ExternalProfile> => {
    const user = await self(gitToken.accessToken);
    return {
      subject: String(user.id),
      login: user.username,
      email: user.confirmed_at ? (user.email ?? "") : "",
      fullname: user.name ?? "",
      gitToken,
    };
  };

  return {
    kind: "external",
    name: config.name,
    capabilities: gitHostCapabilities,
    gitAddress: baseUrl,
    // GitLab takes OAuth tokens as the password of this name.
    gitUsername: "oauth2",
    manageRepos: "",
    beginWebFlow: client.begin,
    completeWebFlow: async (flow) => profileOf((await client.complete(flow)).token),
    beginDeviceFlow: client.beginDevice,
    completeDeviceFlow: async (flow) => profileOf((await client.completeDevice(flow)).token),
    publicKeys: (login) => publishedKeys(baseUrl, login),
    refresh: client.refresh,
    repoHost: createRepoHost(api, baseUrl, self),
  };
};
