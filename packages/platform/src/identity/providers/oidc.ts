import type { OidcConfig } from "./config.ts";
import { createOAuthClient, type OAuthResult } from "./oauth.ts";
import { type ExternalProfile, type ExternalProvider, ProviderError } from "./provider.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** A generic OpenID Connect provider: code flow with PKCE and nonce, device flow when the provider has it. */
export const createOidcProvider = (config: OidcConfig, now: () => number): ExternalProvider => {
  const client = createOAuthClient({
    ...config,
    server: { kind: "discover", issuer: config.issuer },
    scopes: config.scopes ?? ["openid", "profile", "email"],
    openid: true,
    now,
  });

  const profileOf = async ({ token, claims }: OAuthResult): Promise<ExternalProfile> => {
    const subject = text(claims.sub);
    const all = { ...claims, ...(await client.userInfo(token.accessToken, subject)) };
    const login = text(all[config.usernameClaim]) || text(all.email);
    if (subject === "" || login === "")
      throw new ProviderError("refused", `the identity provider did not send ${config.usernameClaim}`);
    const verified = all.email_verified === true || config.trustEmail;
    return { subject, login, email: verified ? text(all.email) : "", fullname: text(all.name).slice(0, 256) };
  };

  return {
    kind: "external",
    name: config.name,
    // Whether there is a device flow is only known after discovery; without one, beginning it answers an error.
    capabilities: ["OnboardUserWebFlow", "OnboardUserDeviceFlow"],
    gitAddress: "",
    manageRepos: "",
    beginWebFlow: client.begin,
    completeWebFlow: async (flow) => profileOf(await client.complete(flow)),
    beginDeviceFlow: client.beginDevice,
    completeDeviceFlow: async (flow) => profileOf(await client.completeDevice(flow)),
  };
};
