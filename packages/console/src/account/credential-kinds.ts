/** What a credential opens (rest-contract 2.5). */
export const credentialKinds = ["git", "registry", "kubernetes"] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** A good guess of what it is for, to show the form of it. */
export const scopeExample: Readonly<Record<CredentialKind, string>> = {
  git: "https://github.com",
  registry: "ghcr.io",
  kubernetes: "my-namespace",
};
