import {
  canonicalForm,
  parseUserString,
  type UserString,
  UserStringError,
  workspaceName,
} from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";

/** What a user string asks to provision. */
export interface Target {
  readonly parsed: UserString;
  /** Canonical user string. */
  readonly canonical: string;
  /** Canonical id; empty for a workload. */
  readonly name: string;
}

/** Names become directories, host names and part of process environments. */
const safeName = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_])?$/;

/**
 * Parses a user string and puts it in canonical form.
 * @throws RpcError InvalidArgument
 */
export const parseTarget = (userString: string): Target => {
  try {
    const parsed = parseUserString(userString);
    return { parsed, canonical: canonicalForm(parsed), name: workspaceName(parsed) };
  } catch (error) {
    if (error instanceof UserStringError) throw new RpcError(Code.InvalidArgument, error.message);
    throw error;
  }
};

/**
 * Refuses targets that can be no workspace here.
 * @throws RpcError InvalidArgument
 */
export const checkTarget = ({ parsed, name }: Target): void => {
  if (parsed.form === "named") {
    throw new RpcError(Code.InvalidArgument, "a pod cannot be provisioned: name a blueprint or a repository");
  }
  if (
    !safeName.test(parsed.username) ||
    parsed.username.includes("..") ||
    (name !== "" && !safeName.test(name))
  ) {
    throw new RpcError(Code.InvalidArgument, "the username cannot be used in the name of a workspace");
  }
};
