import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { type CallContext, Code, RpcError } from "@k8shell/rpc";

/**
 * Checks the bearer token of every call, streams included, against a file that is read each time so that it can be
 * rotated. An unreadable or empty file refuses everybody.
 * @throws (the returned function) RpcError Unauthenticated
 */
export const createTokenCheck = (tokenFile: string) => {
  return (context: CallContext): void => {
    const refuse = () => new RpcError(Code.Unauthenticated, "a valid bearer token is required");
    const given = /^Bearer (\S+)$/i.exec(context.metadata.authorization ?? "")?.[1];
    if (given === undefined) throw refuse();
    let wanted: string;
    try {
      wanted = readFileSync(tokenFile, "utf8").trim();
    } catch {
      throw refuse();
    }
    // Padding both to one length keeps the time from telling how long the right one is.
    const size = 1024;
    const [a, b] = [given, wanted].map((text) => {
      const padded = Buffer.alloc(size);
      padded.write(text);
      return padded;
    });
    const same = a !== undefined && b !== undefined && timingSafeEqual(a, b);
    if (!same || wanted === "" || given.length !== wanted.length || wanted.length > size) throw refuse();
  };
};
