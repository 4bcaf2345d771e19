import type { SshSessionJson } from "@k8shell/contract";
import type { Session } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { toNumber, unixTimeOrNull } from "./values.ts";

/** A session with `operations` under both its names (rest-contract 2.6 and section 6, row 4). */
export const sessionJson = (session: Session): SshSessionJson => ({
  sessionID: session.sessionId,
  username: session.username,
  k8shelldVer: session.k8shelldVer,
  client: session.client,
  clientIP: session.clientIp,
  startTime: unixTimeOrNull(session.startTime),
  endTime: unixTimeOrNull(session.endTime),
  workspace: session.workspace,
  bytesIn: toNumber(session.bytesIn),
  bytesOut: toNumber(session.bytesOut),
  operations: session.operations,
  channels: session.operations,
  blueprint: session.blueprint,
  updatedAt: unixTimeOrNull(session.updatedAt),
  // The wire has no such field any more; released clients print it.
  ptyName: "",
});

/** Oldest first: in-workspace clients reverse the list before they print it (rest-contract section 7). */
export const oldestFirst = (left: Session, right: Session): number =>
  Number(left.startTime - right.startTime) || (left.sessionId < right.sessionId ? -1 : 1);
