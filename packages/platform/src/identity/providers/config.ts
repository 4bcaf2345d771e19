import { z } from "zod";

const providerName = z
  .string()
  .regex(/^idp\.k8shell\.io\/[a-z0-9][a-z0-9-]{0,40}$/, "a provider is named idp.k8shell.io/<name>");
const address = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ""));

const oauthClient = {
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  /** Scopes asked for; each type has a default that is enough to sign in. */
  scopes: z.array(z.string()).optional(),
  /**
   * Send the redirect address without its query to the provider. For providers that compare registered addresses
   * exactly: register `<public URL>/auth/callback`. Default false: the address is sent as it is.
   */
  exactRedirectUri: z.boolean().default(false),
  /** Accept a provider on plain http. For tests and closed networks only. */
  allowInsecure: z.boolean().default(false),
};

/** The platform's own users with passwords and one-time links. Present unless switched off. */
const local = z.object({ type: z.literal("local"), enabled: z.boolean().default(true) });

/** Any OpenID Connect provider. */
const oidc = z.object({
  type: z.literal("oidc"),
  name: providerName.default("idp.k8shell.io/oidc"),
  /** Issuer; its configuration is discovered. */
  issuer: z.url({ protocol: /^https?$/ }),
  ...oauthClient,
  /** Claim that the user name is made of; of an address, the part before `@` (default preferred_username). */
  usernameClaim: z.string().min(1).default("preferred_username"),
  /** Take `email` also when the provider does not say that it is verified (default false). */
  trustEmail: z.boolean().default(false),
});

/** github.com or a GitHub Enterprise Server. */
const github = z.object({
  type: z.literal("github"),
  name: providerName.default("idp.k8shell.io/github"),
  baseUrl: address.default("https://github.com"),
  /** API address (default: api.github.com, or `<baseUrl>/api/v3` for a server of your own). */
  apiUrl: address.optional(),
  ...oauthClient,
  clientSecret: z.string().min(1),
});

/** gitlab.com or a GitLab of your own. */
const gitlab = z.object({
  type: z.literal("gitlab"),
  name: providerName.default("idp.k8shell.io/gitlab"),
  baseUrl: address.default("https://gitlab.com"),
  ...oauthClient,
});

/** One identity provider of the configuration. */
export const providerConfigSchema = z.discriminatedUnion("type", [local, oidc, github, gitlab]);

/** As written in a configuration: fields with a default may be left out. */
export type ProviderConfig = z.input<typeof providerConfigSchema>;
export type OidcConfig = z.output<typeof oidc>;
export type GithubConfig = z.output<typeof github>;
export type GitlabConfig = z.output<typeof gitlab>;
