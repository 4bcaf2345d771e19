import { codePoints, decodeBase64Url, decodeUtf8, lower, pathUnescape, trimSpace } from "./text.ts";

/** Longest user string in code points, after unwrapping. */
export const maxUserStringLength = 128;

/** Longest input looked at, wrapped or not: a wrapper within a wrapper still has to be finite. */
const maxInputLength = 4096;

/** Why a user string was refused. */
export type UserStringProblem = "malformed" | "invalid" | "encoding" | "too-long";

/** A user string that cannot be parsed or put in canonical form. The message is fit for the caller. */
export class UserStringError extends Error {
  override readonly name = "UserStringError";
  readonly problem: UserStringProblem;

  constructor(problem: UserStringProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** A Kubernetes workload that a workspace is injected into. */
export interface WorkloadRef {
  readonly kind: string;
  readonly name: string;
}

/**
 * A parsed user string (grpc-behaviour section 9). Absent parts are empty strings.
 * - `implicit`: the user alone
 * - `explicit`: a blueprint
 * - `named`: a pod
 * - `repo`: a repository; `blueprint` is then `repo-<owner>-<name>`
 */
export interface UserString {
  readonly form: "implicit" | "explicit" | "named" | "repo";
  /** Trimmed and lower case; its characters are not checked. */
  readonly username: string;
  readonly blueprint: string;
  readonly repoOwner: string;
  readonly repoName: string;
  readonly ref: string;
  readonly workload: WorkloadRef | undefined;
  readonly namespace: string;
  readonly pod: string;
  /** The user to run as inside the workspace (`user=`). */
  readonly runAs: string;
}

type Key = "user" | "ns" | "workload" | "pod" | "repo" | "ref";

const allowedKeys: Readonly<Record<"explicit" | "named" | "repo", readonly Key[]>> = {
  explicit: ["user", "ns", "workload"],
  named: ["pod", "ns", "user"],
  repo: ["repo", "ref", "user", "ns", "workload"],
};

const isKey = (text: string): text is Key => ["user", "ns", "workload", "pod", "repo", "ref"].includes(text);

const malformed = (message: string) => new UserStringError("malformed", message);
const invalid = (message: string) => new UserStringError("invalid", message);

const unwrap = (input: string): string => {
  const text = trimSpace(input);
  const wrapper = /^(?:b64|base64)-/i.exec(text);
  if (!wrapper) return text;
  const bytes = decodeBase64Url(text.slice(wrapper[0].length));
  if (!bytes) throw new UserStringError("encoding", "user string is not valid base64url without padding");
  return unwrap(decodeUtf8(bytes));
};

const decodeValue = (text: string): string => {
  const value = pathUnescape(text);
  if (value === undefined) throw malformed("user string has an invalid percent escape");
  return value;
};

const parseParameters = (segments: readonly string[]): Map<Key, string> => {
  const parameters = new Map<Key, string>();
  for (const segment of segments) {
    const parts = segment.split("=");
    if (parts.length !== 2) throw malformed("user string parameters are written key=value");
    const key = lower(parts[0] ?? "");
    if (!isKey(key)) throw invalid("user string has an unknown parameter");
    parameters.set(key, lower(decodeValue(parts[1] ?? "")));
  }
  return parameters;
};

/** Splits at the first `/`; undefined when there is none. */
const splitSlash = (text: string): [string, string] | undefined => {
  const slash = text.indexOf("/");
  return slash < 0 ? undefined : [text.slice(0, slash), text.slice(slash + 1)];
};

const parseWorkload = (text: string): WorkloadRef | undefined => {
  if (text === "") return undefined;
  const [kind, name] = splitSlash(text) ?? [text, ""];
  return { kind, name };
};

const formOf = (
  blueprint: string | undefined,
  parameters: Map<Key, string>,
): "explicit" | "named" | "repo" => {
  if (blueprint !== undefined) return "explicit";
  if (parameters.has("repo")) return "repo";
  if (parameters.has("pod")) return "named";
  throw invalid("user string needs a blueprint, a repository or a pod");
};

const parseSpec = (username: string, spec: string): UserString => {
  const [first = "", ...rest] = spec.split("+");
  const explicit = !first.includes("=");
  if (explicit && first === "") throw malformed("user string has an empty part");
  const named = explicit ? decodeValue(first) : undefined;
  const parameters = parseParameters(explicit ? rest : [first, ...rest]);
  const form = formOf(named, parameters);
  for (const key of parameters.keys()) {
    if (!allowedKeys[form].includes(key)) throw invalid(`parameter ${key} does not go with this user string`);
  }

  const get = (key: Key): string => parameters.get(key) ?? "";
  const workload = parseWorkload(get("workload"));
  const namespace = get("ns");
  if (form !== "named" && (workload === undefined) !== (namespace === "")) {
    throw invalid("workload and ns go together");
  }
  if (form === "named" && get("pod") === "") throw invalid("pod is empty");
  const [repoOwner, repoName] =
    form === "repo" ? (splitSlash(get("repo")) ?? [username, get("repo")]) : ["", ""];
  if (form === "repo" && repoName === "") throw invalid("repository name is empty");

  return {
    form,
    username,
    blueprint: form === "repo" ? `repo-${repoOwner}-${repoName}` : (named ?? ""),
    repoOwner,
    repoName,
    ref: get("ref"),
    workload,
    namespace,
    pod: get("pod"),
    runAs: get("user"),
  };
};

/**
 * Parses a user string: `user`, `user~blueprint[+key=value…]`, `user~repo=owner/name[+…]` or `user~pod=name[+…]`,
 * optionally wrapped as `b64-<base64url>` (grpc-behaviour section 9).
 * @throws UserStringError
 */
export const parseUserString = (input: string): UserString => {
  if (input.length > maxInputLength) throw new UserStringError("too-long", "user string is too long");
  // A lone surrogate cannot come over the wire; inside this module it would stand for an invalid byte.
  const text = unwrap(input.toWellFormed());
  if (codePoints(text) > maxUserStringLength) {
    throw new UserStringError("too-long", `user string is longer than ${maxUserStringLength} characters`);
  }
  const tilde = text.indexOf("~");
  const username = lower(trimSpace(tilde < 0 ? text : text.slice(0, tilde)));
  if (username === "") throw malformed("user string has no user");
  const spec = tilde < 0 ? "" : text.slice(tilde + 1);
  if (spec !== "") return parseSpec(username, spec);
  return {
    form: "implicit",
    username,
    blueprint: "",
    repoOwner: "",
    repoName: "",
    ref: "",
    workload: undefined,
    namespace: "",
    pod: "",
    runAs: "",
  };
};
