import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type CallContext, Code, RpcError } from "@k8shell/rpc";
import { ConfigError } from "../../config/config-error.ts";

const hash = (token: string): string => createHash("sha256").update(token).digest("hex");

const readHashes = (file: string): string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(hash);

/**
 * Checks that a call carries one of the tokens listed in the files: one a line, `#` begins a comment. Files are read
 * for every call, so that tokens can be changed while the service runs; one that cannot be read lets nobody in.
 * Tokens are compared as SHA-256, which tells nothing of how much of a wrong one was right.
 * @throws ConfigError when a file cannot be read or lists no token; RpcError Unauthenticated (the function returned)
 */
export const createTokenList = (files: readonly string[]): ((context: CallContext) => void) => {
  for (const file of files) {
    let count: number;
    try {
      count = readHashes(file).length;
    } catch (cause) {
      throw new ConfigError(`--token-file: the file ${file} cannot be read`, { cause });
    }
    if (count === 0) throw new ConfigError(`--token-file: the file ${file} lists no token`);
  }
  const accepted = (given: string): boolean =>
    files.some((file) => {
      try {
        return readHashes(file).includes(hash(given));
      } catch {
        return false;
      }
    });
  return ({ metadata }) => {
    const given = /^Bearer (\S+)$/i.exec(metadata.authorization ?? "")?.[1];
    if (given === undefined || !accepted(given)) {
      throw new RpcError(Code.Unauthenticated, "a valid bearer token is required");
    }
  };
};
