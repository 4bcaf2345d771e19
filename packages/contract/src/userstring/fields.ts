import { lower, pathEscape, trimSpace } from "./text.ts";
import { UserStringError } from "./userstring.ts";

/** The parts of a user string as the REST API spells them (rest-contract 2.2). Empty and absent are the same. */
export interface UserStringFields {
  username: string;
  blueprint?: string;
  repoOwner?: string;
  repoName?: string;
  repoRef?: string;
  workloadKind?: string;
  workloadName?: string;
  pod?: string;
  namespace?: string;
}

/** Unlike a path escape this also hides `+` and `=`, so that a value cannot bring parameters of its own. */
const escapeValue = (text: string): string => pathEscape(text).replaceAll("+", "%2B").replaceAll("=", "%3D");

const conflict = (message: string) => new UserStringError("invalid", message);

/**
 * Builds a user string from REST fields. The result still has to be parsed: its length and values are checked there.
 * @throws UserStringError when the fields do not go together
 */
export const userStringFromFields = (fields: UserStringFields): string => {
  const value = (text: string | undefined): string => trimSpace(text ?? "");
  const username = lower(value(fields.username));
  if (username === "") throw conflict("username is required");
  if (username.includes("~")) throw conflict("username must not contain ~");
  const blueprint = value(fields.blueprint);
  const repoName = lower(value(fields.repoName));
  const repoOwner = lower(value(fields.repoOwner));
  const repoRef = value(fields.repoRef);
  const kind = value(fields.workloadKind);
  const name = value(fields.workloadName);
  const pod = value(fields.pod);
  const ns = lower(value(fields.namespace));

  const repo = repoName !== "" || repoOwner !== "" || repoRef !== "";
  const workload = kind !== "" || name !== "";
  if (repo && blueprint !== "") throw conflict("blueprint and repository exclude each other");
  if (repo && repoName === "") throw conflict("repoName is required with repoOwner or repoRef");
  if (pod !== "" && (repo || blueprint !== "" || workload)) throw conflict("pod goes with a namespace only");
  if (workload && (kind === "" || name === "")) throw conflict("workloadKind and workloadName go together");
  if (workload && !repo && blueprint === "") throw conflict("a workload needs a blueprint or a repository");
  if (pod === "" && workload !== (ns !== "")) throw conflict("workload and namespace go together");

  const parts: string[] = [];
  if (blueprint !== "") parts.push(escapeValue(blueprint));
  if (repo) parts.push(`repo=${escapeValue(`${repoOwner === "" ? username : repoOwner}/${repoName}`)}`);
  if (repoRef !== "") parts.push(`ref=${escapeValue(repoRef)}`);
  if (pod !== "") parts.push(`pod=${escapeValue(pod)}`);
  if (workload) parts.push(`workload=${escapeValue(`${kind}/${name}`)}`);
  if (ns !== "") parts.push(`ns=${escapeValue(ns)}`);
  return parts.length === 0 ? username : `${username}~${parts.join("+")}`;
};
