/** Name of the provider of local users. */
export const localProviderName = "idp.k8shell.io/local";

/** What an identity provider can do, as announced by GetAvailableIdentityProviders. */
export type Capability =
  | "OnboardUserWebFlow"
  | "OnboardUserDeviceFlow"
  | "ListUserAuthKeys"
  | "GetUserGitToken"
  | "GetBlueprintByUserStr"
  | "ListRepoOwners"
  | "ListRepos";

/** What every provider can do that hosts git repositories. */
export const gitHostCapabilities: readonly Capability[] = [
  "OnboardUserWebFlow",
  "OnboardUserDeviceFlow",
  "ListUserAuthKeys",
  "GetUserGitToken",
  "GetBlueprintByUserStr",
  "ListRepoOwners",
  "ListRepos",
];

/** An access token of the provider that also opens its git repositories. */
export interface GitToken {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Epoch milliseconds; absent: it does not expire. */
  readonly expiresAt?: number;
}

/** Who somebody is at an external provider. */
export interface ExternalProfile {
  /** The provider's stable id of the account. Names can be given to somebody else; this cannot. */
  readonly subject: string;
  /** The account's name, the basis of the platform's user name. */
  readonly login: string;
  /** Verified address, or empty. */
  readonly email: string;
  readonly fullname: string;
  readonly gitToken?: GitToken;
}

export interface RepoOwnerInfo {
  readonly login: string;
  readonly kind: "user" | "organization";
  readonly description: string;
  readonly avatarUrl: string;
}

export interface RepoInfo {
  readonly name: string;
  readonly fullName: string;
  readonly description: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly htmlUrl: string;
}

/** What a provider that hosts repositories can tell, always as one user. */
export interface RepoHost {
  owners(token: string): Promise<RepoOwnerInfo[]>;
  repos(token: string, owner: string): Promise<RepoInfo[]>;
  /** The content of a file of a repository; undefined when there is none. `ref` empty: the default branch. */
  file(
    token: string,
    file: { owner: string; name: string; ref: string; path: string },
  ): Promise<Uint8Array | undefined>;
  /** Address that `git clone` takes. */
  cloneUrl(owner: string, name: string): string;
}

export interface DeviceFlowStart {
  readonly userCode: string;
  readonly verificationUrl: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Needed again to complete; kept encrypted. */
  readonly secret: string;
}

/** An identity provider somewhere else. Failures of it are `ProviderError`. */
export interface ExternalProvider {
  readonly kind: "external";
  readonly name: string;
  readonly capabilities: readonly Capability[];
  /** Base address of its git repositories, `https://host`; empty when it has none. */
  readonly gitAddress: string;
  /** Name git signs in with besides the token; absent: the account's. */
  readonly gitUsername?: string;
  /** Page where a user chooses the repositories the platform may see; empty when there is none. */
  readonly manageRepos: string;
  beginWebFlow(flow: { state: string; redirectUri: string }): Promise<{ authUrl: string; secret: string }>;
  completeWebFlow(flow: {
    state: string;
    code: string;
    redirectUri: string;
    secret: string;
  }): Promise<ExternalProfile>;
  /** Only called when the provider has the capability `OnboardUserDeviceFlow`; so is `completeDeviceFlow`. */
  beginDeviceFlow(): Promise<DeviceFlowStart>;
  /** Waits until the person has answered, `signal` aborts, or the code expires. */
  completeDeviceFlow(flow: { secret: string; signal: AbortSignal }): Promise<ExternalProfile>;
  /** SSH public keys the account has published. */
  readonly publicKeys?: (login: string) => Promise<string[]>;
  readonly refresh?: (token: GitToken) => Promise<GitToken>;
  readonly repoHost?: RepoHost;
}

/** The platform's own users; the sign-in page does the work. */
export interface LocalProvider {
  readonly kind: "local";
  readonly name: typeof localProviderName;
  readonly capabilities: readonly Capability[];
}

export type IdentityProvider = ExternalProvider | LocalProvider;

/** An external provider refused or could not be reached. `message` is safe to show. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  /** `refused`: the person or code was not accepted; `unavailable`: no usable answer. */
  readonly reason: "refused" | "unavailable";

  constructor(reason: "refused" | "unavailable", message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
