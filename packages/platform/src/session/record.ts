import { create } from "@bufbuild/protobuf";
import {
  type Session,
  SessionSchema as SessionMessage,
} from "@k8shell/contract/gen/session/v1/session_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import type { SessionTable } from "./schema.ts";

export type SessionRow = Selectable<SessionTable>;
/** A row about to be written. */
export type NewSessionRow = Omit<SessionRow, "id">;

const invalid = (message: string) => new RpcError(Code.InvalidArgument, message);

const maxTextLength = 1024;
const maxOperations = 32;

const checkText = (name: string, value: string): string => {
  if (value.length > maxTextLength) throw invalid(`${name} is too long`);
  return value;
};

const required = (name: string, value: string): string => {
  if (value === "") throw invalid(`${name} is required`);
  return checkText(name, value);
};

/**
 * A count as a number.
 * @throws RpcError InvalidArgument when it is negative or beyond what a number holds exactly
 */
export const toCount = (name: string, value: bigint): number => {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(`${name} is out of range`);
  return Number(value);
};

/** The last second of the year 9999: what RFC 3339 can still write. */
const maxSeconds = 253_402_300_799n;

/**
 * Seconds of the contract (0: none) as the milliseconds of a row.
 * @throws RpcError InvalidArgument when it is no time
 */
export const toMillis = (name: string, seconds: bigint): number | null => {
  if (seconds > maxSeconds) throw invalid(`${name} is out of range`);
  return toCount(name, seconds) * 1000 || null;
};

const toSeconds = (millis: number | null): bigint => BigInt(Math.floor(Number(millis ?? 0) / 1000));

const mergeOperations = (known: string, given: readonly string[]): string => {
  for (const operation of given) {
    if (!/^[a-z]{1,8}$/.test(operation)) throw invalid("operations must be short lower-case codes");
  }
  const merged = [...new Set([...known.split(",").filter(Boolean), ...given])];
  if (merged.length > maxOperations) throw invalid("too many operations");
  return merged.join(",");
};

/**
 * What a session looks like after its owner reported on it. Fields left empty keep what is known, counters never
 * shrink (reports may overtake each other), and the start stays what was first said.
 * @param now epoch milliseconds
 * @throws RpcError InvalidArgument for a bad field; AlreadyExists when the id is another user's session
 */
export const mergeReport = (known: SessionRow | undefined, given: Session, now: number): NewSessionRow => {
  const username = required("username", given.username);
  if (known && known.username !== username) {
    throw new RpcError(Code.AlreadyExists, "the session id is in use");
  }
  const text = (name: string, value: string, before = "") => checkText(name, value) || before;
  return {
    session_id: required("session_id", given.sessionId),
    username,
    workspace: text("workspace", given.workspace, known?.workspace),
    blueprint: text("blueprint", given.blueprint, known?.blueprint),
    k8shelld_ver: text("k8shelld_ver", given.k8shelldVer, known?.k8shelld_ver),
    client: text("client", given.client, known?.client),
    client_ip: text("client_ip", given.clientIp, known?.client_ip),
    start_time: known?.start_time ?? toMillis("start_time", given.startTime) ?? now,
    end_time: toMillis("end_time", given.endTime),
    updated_at: now,
    bytes_in: Math.max(known?.bytes_in ?? 0, toCount("bytes_in", given.bytesIn)),
    bytes_out: Math.max(known?.bytes_out ?? 0, toCount("bytes_out", given.bytesOut)),
    operations: mergeOperations(known?.operations ?? "", given.operations),
  };
};

/** A row as clients see it: unix seconds, 0 for a session that is still active. */
export const toSession = (row: NewSessionRow): Session =>
  create(SessionMessage, {
    sessionId: row.session_id,
    username: row.username,
    k8shelldVer: row.k8shelld_ver,
    client: row.client,
    clientIp: row.client_ip,
    startTime: toSeconds(row.start_time),
    endTime: toSeconds(row.end_time),
    workspace: row.workspace,
    bytesIn: BigInt(row.bytes_in),
    bytesOut: BigInt(row.bytes_out),
    operations: row.operations.split(",").filter(Boolean),
    blueprint: row.blueprint,
    updatedAt: toSeconds(row.updated_at),
  });
