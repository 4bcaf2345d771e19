import { Code, RpcError } from "@k8shell/rpc";

const username = /^[a-z0-9_](?:[a-z0-9._-]{0,61}[a-z0-9_])?$/;
const name = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const email = /^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}$/;

const invalid = (message: string): RpcError => new RpcError(Code.InvalidArgument, message);

/** A user name as stored and looked up: trimmed and lowered (grpc-behaviour section 6). */
export const normalizeUsername = (text: string): string => text.trim().toLowerCase();

/** Whether a name can be given to a user: usable as a directory, a KV key, a POSIX login and part of a workspace name. */
export const isUsername = (text: string): boolean => username.test(text) && !text.includes("..");

/** Checks the name of a new user. */
export const parseUsername = (text: string): string => {
  const normal = normalizeUsername(text);
  if (normal === "") throw invalid("username is required");
  if (!isUsername(normal))
    throw invalid("a username has at most 63 of a-z, 0-9, _ . - and begins and ends with a letter or digit");
  return normal;
};

/** Checks the name of a new role or organization; `kind` is for the message. */
export const parseName = (text: string, kind: string): string => {
  if (text === "") throw invalid(`${kind} name is required`);
  if (!name.test(text))
    throw invalid(
      `a ${kind} name has at most 63 of A-Z, a-z, 0-9, _ . - and begins and ends with a letter or digit`,
    );
  return text;
};

/** Checks an email address, lowered; empty means none. */
export const parseEmail = (text: string): string | null => {
  const normal = text.trim().toLowerCase();
  if (normal === "") return null;
  if (!email.test(normal)) throw invalid("not an email address");
  return normal;
};

/** Checks free text of one line. */
export const parseText = (text: string, field: string, maxLength = 256): string => {
  if (text.length > maxLength) throw invalid(`${field} has more than ${maxLength} characters`);
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalid(`${field} has a control character`);
  return text;
};

/** Checks a login shell: an absolute path; empty means the platform's default, /bin/sh. */
export const parseShell = (text: string): string => {
  if (text === "") return "/bin/sh";
  if (!/^\/[A-Za-z0-9._/+-]{1,255}$/.test(text)) throw invalid("a shell is an absolute path");
  return text;
};
