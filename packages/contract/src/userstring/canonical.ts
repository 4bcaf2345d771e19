import { sha256Hex } from "./sha256.ts";
import { encodeUtf8, pathEscape } from "./text.ts";
import { parseUserString, type UserString, UserStringError } from "./userstring.ts";

const workloadText = ({ workload }: UserString): string =>
  workload === undefined ? "" : workload.name === "" ? workload.kind : `${workload.kind}/${workload.name}`;

/** The text a workspace's identity is hashed from. Namespace, pod and run-as user are not part of it. */
export const canonicalKey = (user: UserString): string => {
  const parts = [`u=${user.username}`];
  if (user.repoOwner !== "" && user.repoName !== "") parts.push(`r=${user.repoOwner}/${user.repoName}`);
  if (user.ref !== "") parts.push(`ref=${user.ref}`);
  if (user.blueprint !== "") parts.push(`bp=${user.blueprint}`);
  if (user.workload) parts.push(`workload=${user.workload.kind}/${user.workload.name}`);
  return parts.join("|");
};

/** `<username>-<first 7 hex digits of SHA-256 of the key>`, e.g. `alice-59936c3`. */
export const canonicalId = (user: UserString): string =>
  `${user.username}-${sha256Hex(encodeUtf8(canonicalKey(user))).slice(0, 7)}`;

/** The workspace a user string stands for: its canonical id, the pod when one is named, "" for a workload (its pod is not known). */
export const workspaceName = (user: UserString): string =>
  user.form === "named" ? user.pod : user.workload ? "" : canonicalId(user);

const render = (user: UserString): string => {
  const head = user.username;
  const parameter = (key: string, value: string): string[] =>
    value === "" ? [] : [`${key}=${pathEscape(value)}`];
  const workload = parameter("workload", workloadText(user));
  const ns = parameter("ns", user.namespace);
  const runAs = parameter("user", user.runAs);
  if (user.form === "named") return `${head}~${[...ns, ...parameter("pod", user.pod), ...runAs].join("+")}`;
  if (user.repoOwner !== "" && user.repoName !== "") {
    const repo = parameter("repo", `${user.repoOwner}/${user.repoName}`);
    return `${head}~${[...ns, ...parameter("ref", user.ref), ...repo, ...runAs, ...workload].join("+")}`;
  }
  if (user.blueprint === "") return head;
  return `${head}~${[pathEscape(user.blueprint), ...runAs, ...workload, ...ns].join("+")}`;
};

/**
 * The one spelling of a user string. It is parsed again, so what parses may still have no canonical form: one
 * longer than 128 characters, or with a literal `+` or `=` inside a value.
 * @throws UserStringError
 */
export const canonicalForm = (user: UserString): string => {
  const text = render(user);
  const again = parseUserString(text);
  if (again.username !== user.username || again.blueprint !== user.blueprint) {
    throw new UserStringError("invalid", "user string has no canonical form");
  }
  return text;
};
