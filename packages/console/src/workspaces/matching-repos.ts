import type { Repo } from "@k8shell/sdk";

/**
 * The repositories whose name or description has what is typed, in any case of letters; those whose name begins with it
 * come first. Their order is kept otherwise.
 */
export const matchingRepos = (repos: readonly Repo[], typed: string): Repo[] => {
  const text = typed.trim().toLowerCase();
  const has = (value: string | undefined) => value?.toLowerCase().includes(text) ?? false;
  const found = repos.filter(({ name, description }) => has(name) || has(description));
  const [first, rest] = [true, false].map((begins) =>
    found.filter(({ name }) => name.toLowerCase().startsWith(text) === begins),
  );
  return [...(first ?? []), ...(rest ?? [])];
};
