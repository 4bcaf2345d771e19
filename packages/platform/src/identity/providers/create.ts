import { type ProviderConfig, providerConfigSchema } from "./config.ts";
import { createGithubProvider } from "./github.ts";
import { createGitlabProvider } from "./gitlab.ts";
import { createOidcProvider } from "./oidc.ts";
import { type IdentityProvider, localProviderName } from "./provider.ts";

/**
 * The providers of a configuration, the local one first.
 * @throws ZodError for a configuration that is not valid
 */
export const createProviderList = (
  configs: readonly ProviderConfig[],
  now: () => number,
): IdentityProvider[] => {
  const parsed = configs.map((config) => providerConfigSchema.parse(config));
  const hasLocal = !parsed.some((config) => config.type === "local" && !config.enabled);
  const external = parsed.flatMap((config): IdentityProvider[] => {
    if (config.type === "oidc") return [createOidcProvider(config, now)];
    if (config.type === "github") return [createGithubProvider(config, now)];
    if (config.type === "gitlab") return [createGitlabProvider(config, now)];
    return [];
  });
  const local: IdentityProvider = {
    kind: "local",
    name: localProviderName,
    capabilities: ["OnboardUserWebFlow"],
  };
  return hasLocal ? [local, ...external] : external;
};
