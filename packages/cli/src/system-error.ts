/** What a failure of the system means, and what to do about it. */
export interface Explanation {
  /** Completes a sentence: `The server cannot be reached: …`. No full stop. */
  readonly why: string;
  readonly fix: string;
}

const untrusted: Explanation = {
  why: "nobody this machine trusts has signed its certificate",
  fix: "Trust its authority with NODE_EXTRA_CA_CERTS=FILE; --insecure works too, but then anybody in between can read everything",
};
const noName: Explanation = {
  why: "its name is not known to this machine's name service",
  fix: "Check the spelling, and VPN or DNS",
};
const noWay: Explanation = {
  why: "there is no way to it in the network",
  fix: "Check network and VPN",
};
const silent: Explanation = {
  why: "it does not answer",
  fix: "A firewall may drop it: check the port, VPN and network",
};
const hungUp: Explanation = {
  why: "the connection was ended by the other side",
  fix: "Is it http:// where it should be https://? A proxy in between may end it too",
};
const notTls: Explanation = {
  why: "what answers there does not speak TLS",
  fix: "Is it an HTTPS port? Try the address with http://",
};
const noHandshake: Explanation = {
  why: "the TLS handshake failed",
  fix: "Check the port; a proxy in between may be the reason too",
};
const notHttp: Explanation = {
  why: "what answers there does not speak HTTP",
  fix: "Check the port; a server with TLS has an https:// address",
};

/**
 * By the codes of Node's sockets (errno(3), getaddrinfo(3)), of undici, of llhttp and of OpenSSL (X509_V_ERR_… without
 * its beginning).
 */
const network: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: {
    why: "nothing listens there",
    fix: "Check the address and port, and that the server runs",
  },
  ENOTFOUND: noName,
  EAI_AGAIN: { why: "this machine's name service does not answer", fix: "Check network, VPN and DNS" },
  ENETUNREACH: noWay,
  EHOSTUNREACH: noWay,
  EADDRNOTAVAIL: noWay,
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  ECONNRESET: hungUp,
  EPIPE: hungUp,
  UND_ERR_SOCKET: hungUp,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_HAS_EXPIRED: {
    why: "its certificate has expired",
    fix: "Check this machine's clock, and tell the operator of the server",
  },
  CERT_NOT_YET_VALID: {
    why: "its certificate is not valid yet",
    fix: "Check this machine's clock, and tell the operator of the server",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: "its certificate is for another name",
    fix: "Use a name that the certificate is for, or tell the operator of the server",
  },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
};

const file: Readonly<Record<string, Explanation>> = {
  EACCES: { why: "permission denied", fix: "Check who may read and write it, and its directories" },
  EPERM: { why: "the system does not allow it", fix: "Check whose it is, and its permissions" },
  EROFS: { why: "the file system is read-only", fix: "Choose another place" },
  ENOENT: { why: "it does not exist", fix: "Check the spelling" },
  ENOTDIR: { why: "part of the path is no directory", fix: "Check the path" },
  EISDIR: { why: "it is a directory", fix: "Name a file" },
  EEXIST: { why: "something else has that name", fix: "Move it away, or choose another name" },
  ENOTEMPTY: { why: "something else has that name", fix: "Move it away, or choose another name" },
  ENOSPC: { why: "the disk is full", fix: "Make room, and try again" },
  EDQUOT: { why: "your quota of the disk is used up", fix: "Make room, and try again" },
  EMFILE: { why: "too many files are open", fix: "Raise the limit: ulimit -n" },
  ENAMETOOLONG: { why: "the name is too long", fix: "Choose a shorter one" },
};

/** The failures an error is made of, from the outside in: its causes, and the attempts at several addresses. */
function* insideOf(error: unknown): Generator<Error> {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    yield at;
    if (at instanceof AggregateError) for (const one of at.errors) if (one instanceof Error) yield one;
  }
}

const codeOf = (error: Error): string => String(Reflect.get(error, "code") ?? "");

/** What the code of an error of a connection means; undefined when it is none that is known. */
export const explainNetworkCode = (code: string): Explanation | undefined => {
  const known = network[code];
  if (known) return known;
  if (code.startsWith("HPE_")) return notHttp;
  return code.startsWith("ERR_SSL_") ? noHandshake : undefined;
};

/** What an error of a connection means, by its own code or one of what caused it; undefined when none is known. */
export const explainNetwork = (error: unknown): Explanation | undefined => {
  for (const one of insideOf(error)) {
    const known = explainNetworkCode(codeOf(one));
    if (known) return known;
    // fetch has no code for it (Fetch Standard, "port blocking").
    if (one.message === "bad port") {
      return {
        why: "programs that speak HTTP refuse its port, which belongs to another protocol",
        fix: "Give the server another port",
      };
    }
  }
  return undefined;
};

/** What an error of the file system means; undefined when it is none that is known. */
export const explainFile = (error: unknown): Explanation | undefined =>
  error instanceof Error ? file[codeOf(error)] : undefined;

/** What `syscall` of an error was about to do with its file. */
const doing = ({ syscall = "" }: NodeJS.ErrnoException): string => {
  if (syscall.startsWith("spawn")) return "run";
  return /^(open|read|scandir|opendir|stat|lstat|readlink|realpath|access)$/.test(syscall)
    ? "opened"
    : "written";
};

/** An error of the file system in a sentence, with what to do; undefined when it is none that is known. */
export const tellFile = (error: unknown): { message: string; hint: string } | undefined => {
  const known = explainFile(error);
  if (known === undefined) return undefined;
  const failure: NodeJS.ErrnoException & { dest?: string } = error as NodeJS.ErrnoException;
  const name = failure.dest ?? failure.path ?? "A file";
  return { message: `${name} cannot be ${doing(failure)}: ${known.why}.`, hint: known.fix };
};
