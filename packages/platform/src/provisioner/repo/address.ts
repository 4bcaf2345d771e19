import { Code, RpcError } from "@k8shell/rpc";

/** A repository to clone and where the user's credential for it is filed. */
export interface RepositoryAddress {
  /** `<base>/<owner>/<name>.git`. */
  readonly url: string;
  /** Scheme and host of the base: the only place the credential may be sent to. */
  readonly origin: string;
  /** Names under which identity may hold a git credential, most specific first. */
  readonly scopes: readonly string[];
  /** Directory name within the home directory. */
  readonly directory: string;
}

const allowedProtocols = new Set(["https:", "http:"]);

const parseBase = (base: string): URL => {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(base) ? base : `https://${base}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !allowedProtocols.has(url.protocol) || url.username !== "" || url.password !== "") {
    throw new RpcError(Code.FailedPrecondition, "the address of the git server is not usable");
  }
  return url;
};

const isSegment = (text: string): boolean =>
  /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/.test(text) && !text.endsWith(".lock");

/**
 * The address of `owner/name` on a git server.
 * @param base e.g. `https://github.com`; a bare host means https
 * @throws RpcError InvalidArgument for names that cannot be a repository's, FailedPrecondition for a bad base
 */
export const repositoryAddress = (base: string, owner: string, name: string): RepositoryAddress => {
  const segments = [...owner.split("/"), ...name.split("/")];
  if (!segments.every(isSegment)) throw new RpcError(Code.InvalidArgument, "not the name of a repository");
  const url = parseBase(base);
  const path = `${url.pathname.replace(/\/+$/, "")}/${segments.join("/")}`;
  const suffix = path.endsWith(".git") ? "" : ".git";
  const directory = (segments.at(-1) ?? name).replace(/\.git$/, "");
  return {
    url: `${url.origin}${path}${suffix}`,
    origin: url.origin,
    scopes: [url.origin, `${url.origin}/`, url.host],
    directory,
  };
};
