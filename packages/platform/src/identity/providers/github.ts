import type { CustomFetch } from "openid-client";
import { z } from "zod";
import type { GithubConfig } from "./config.ts";
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
  login: z.string(),
  name: z.string().nullish(),
  bio: z.string().nullish(),
  description: z.string().nullish(),
  avatar_url: z.string().nullish(),
});
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));
const repository = z.object({
  name: z.string(),
  full_name: z.string(),
  description: z.string().nullish(),
  private: z.boolean(),
  default_branch: z.string().nullish(),
  html_url: z.string().nullish(),
  owner: z.object({ login: z.string() }),
});

/** GitHub answers OAuth errors with status 200; the standard, and so our OAuth client, wants 400. */
const honestStatus: CustomFetch = async (url, init) => {
  // The declared body types differ in name only.
  const response = await fetch(url, init as RequestInit);
  if (response.status !== 200 || !response.headers.get("content-type")?.includes("json")) return response;
  const body = await response.text();
  const failed = /"error"\s*:/.test(body);
  return new Response(body, { status: failed ? 400 : 200, headers: response.headers });
};

const createRepoHost = (
  api: string,
  baseUrl: string,
  headers: Record<string, string>,
  self: (token: string) => Promise<z.infer<typeof account>>,
): RepoHost => ({
  async owners(token) {
    const user = await self(token);
    const organizations =
      (await getPages(z.array(account), { url: `${api}/user/orgs`, token, headers })) ?? [];
    return [
      { login: user.login, kind: "user", description: user.bio ?? "", avatarUrl: user.avatar_url ?? "" },
      ...organizations.map((org) => ({
        login: org.login,
        kind: "organization" as const,
        description: org.description ?? "",
        avatarUrl: org.avatar_url ?? "",
      })),
    ];
  },
  async repos(token, owner) {
    const list = (path: string) => getPages(z.array(repository), { url: `${api}/${path}`, token, headers });
    const own = (await self(token)).login.toLowerCase() === owner.toLowerCase();
    const found = own
      ? await list("user/repos?affiliation=owner")
      : ((await list(`orgs/${pathOf(owner)}/repos`)) ?? (await list(`users/${pathOf(owner)}/repos`)));
    return (found ?? []).map((repo) => ({
      name: repo.name,
      fullName: repo.full_name,
      description: repo.description ?? "",
      private: repo.private,
      defaultBranch: repo.default_branch ?? "",
      htmlUrl: repo.html_url ?? "",
    }));
  },
  async file(token, { owner, name, ref, path }) {
    const url = new URL(`${api}/repos/${pathOf(owner, name)}/contents/${path}`);
    if (ref !== "") url.searchParams.set("ref", ref);
    const accept = "application/vnd.github.raw+json";
    return (await getBytes({ url, token, headers: { ...headers, accept } }))?.body;
  },
  cloneUrl: (owner, name) => `${baseUrl}/${owner}/${name}.git`,
});

/** GitHub or a GitHub Enterprise Server, as a plain OAuth 2.0 app: the profile and the keys come from its API. */
export const createGithubProvider = (config: GithubConfig, now: () => number): ExternalProvider => {
  const { baseUrl } = config;
  const api =
    config.apiUrl ?? (baseUrl === "https://github.com" ? "https://api.github.com" : `${baseUrl}/api/v3`);
  const headers = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
  const client = createOAuthClient({
    ...config,
    server: {
      kind: "known",
      metadata: {
        issuer: baseUrl,
        authorization_endpoint: `${baseUrl}/login/oauth/authorize`,
        token_endpoint: `${baseUrl}/login/oauth/access_token`,
        device_authorization_endpoint: `${baseUrl}/login/device/code`,
        token_endpoint_auth_methods_supported: ["client_secret_post"],
      },
    },
    // "repo" is what git needs for private repositories.
    scopes: config.scopes ?? ["read:user", "user:email", "read:org", "repo"],
    openid: false,
    customFetch: honestStatus,
    now,
  });

  const self = async (token: string) => {
    const user = await getJson(account, { url: `${api}/user`, token, headers });
    if (!user) throw new ProviderError("unavailable", "GitHub does not know the user of a token");
    return user;
  };

  const profileOf = async (gitToken: GitToken): Promise<ExternalProfile> => {
    const token = gitToken.accessToken;
    const user = await self(token);
    const addresses = (await getJson(emails, { url: `${api}/user/emails`, token, headers })) ?? [];
    const email = addresses.find((entry) => entry.primary && entry.verified)?.email ?? "";
    return { subject: String(user.id), login: user.login, email, fullname: user.name ?? "", gitToken };
  };

  return {
    kind: "external",
    name: config.name,
    capabilities: gitHostCapabilities,
    gitAddress: baseUrl,
    manageRepos: `${baseUrl}/settings/connections/applications/${encodeURIComponent(config.clientId)}`,
    beginWebFlow: client.begin,
    completeWebFlow: async (flow) => profileOf((await client.complete(flow)).token),
    beginDeviceFlow: client.beginDevice,
    completeDeviceFlow: async (flow) => profileOf((await client.completeDevice(flow)).token),
    publicKeys: (login) => publishedKeys(baseUrl, login),
    refresh: client.refresh,
    repoHost: createRepoHost(api, baseUrl, headers, self),
  };
};
