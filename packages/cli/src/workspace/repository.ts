/** The owner and name of a repository given as `owner/name`, `name`, or an address. */
export const parseRepository = (text: string): { repoOwner?: string; repoName: string } => {
  const path = text
    .replace(/^\w+:\/\/[^/]+\//, "")
    .replace(/\.git$/, "")
    .replace(/^\/+|\/+$/g, "");
  const slash = path.indexOf("/");
  return slash < 0
    ? { repoName: path }
    : { repoOwner: path.slice(0, slash), repoName: path.slice(slash + 1) };
};
