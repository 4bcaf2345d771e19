import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { GetSessionsRequest, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import { type CallContext, type Client, Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { toSql } from "../query/index.ts";
import { findMembers, type MemberFilter } from "./members.ts";
import { ofUsers, sessionColumns, sessionQuery } from "./queries.ts";
import { mergeReport, type SessionRow, toCount, toMillis, toSession } from "./record.ts";
import type { SessionStore } from "./store.ts";

/** Most sessions of one answer. Who asks for no limit gets the newest of them. */
const maxSessions = 5000;

export interface SessionServiceDeps {
  readonly store: SessionStore;
  readonly identity: Client<typeof IdentityService>;
  readonly now: () => number;
}

/** A page of sessions: `fromEnd` counts from the newest, and the answer is then turned around. */
interface Page {
  readonly limit: number;
  readonly offset: number;
  readonly fromEnd: boolean;
}

const pageOf = ({ limit, offset, lastN }: GetSessionsRequest): Page => {
  if (offset < 0) throw new RpcError(Code.InvalidArgument, "offset must not be negative");
  if (lastN > 0) return { limit: Math.min(lastN, maxSessions), offset, fromEnd: true };
  if (limit > 0) return { limit: Math.min(limit, maxSessions), offset, fromEnd: false };
  return { limit: maxSessions, offset, fromEnd: offset === 0 };
};

/** Session records (grpc-behaviour section 7). */
export const sessionService = ({
  store,
  identity,
  now,
}: SessionServiceDeps): ServiceImpl<typeof SessionService> => {
  const queries = sessionQuery(now);

  const ofMembers = async (filter: MemberFilter, { signal }: CallContext): Promise<RawBuilder<SqlBool>> =>
    ofUsers(await findMembers(identity, filter, signal));

  const list = async (request: GetSessionsRequest, context: CallContext): Promise<SessionRow[]> => {
    const where: RawBuilder<SqlBool>[] = [];
    const equals = (column: string, value: string) => {
      if (value !== "") where.push(sql`${sql.ref(column)} = ${value}`);
    };
    equals("session_id", request.sessionId);
    equals("username", request.username);
    equals("workspace", request.workspace);
    if (request.roles.length > 0 || request.org !== "") where.push(await ofMembers(request, context));
    const { fromEnd, ...page } = pageOf(request);
    const rows = await store.list({ where, newestFirst: fromEnd || request.reverse, ...page });
    return fromEnd && !request.reverse ? rows.reverse() : rows;
  };

  /** Obligations of `session:list`: all must hold. */
  const restrict = async (
    obligations: ReadonlyMap<string, readonly string[]>,
    context: CallContext,
  ): Promise<RawBuilder<SqlBool>[]> => {
    const restrictions: RawBuilder<SqlBool>[] = [];
    for (const [name, values] of obligations) {
      if (name === "username") restrictions.push(ofUsers(values));
      else if (values.length === 0) restrictions.push(sql`1 = 0`);
      else if (name === "roles") restrictions.push(await ofMembers({ roles: values }, context));
      else {
        const members = await Promise.all(
          values.map((org) => findMembers(identity, { org }, context.signal)),
        );
        restrictions.push(ofUsers(members.flat()));
      }
    }
    return restrictions;
  };

  return {
    async getSessions(request, context) {
      return { sessions: (await list(request, context)).map(toSession) };
    },
    getSessionsQuerySchema: () => queries.descriptor,
    async querySessions({ query: payload }, context) {
      const parsed = queries.parse(payload);
      const restrictions = await restrict(parsed.obligations, context);
      const rows = await store.query(toSql(parsed, sessionColumns), restrictions);
      return { sessions: rows.map(toSession) };
    },
    async upsertSession({ session }) {
      if (!session) throw new RpcError(Code.InvalidArgument, "session is required");
      const row = await store.update(session.sessionId, (known) => mergeReport(known, session, now()));
      return { session: toSession(row) };
    },
    async endSession(request) {
      const bytesIn = toCount("bytes_in", request.bytesIn);
      const bytesOut = toCount("bytes_out", request.bytesOut);
      const end = toMillis("end_time", request.endTime);
      await store.update(request.sessionId, (known) => {
        if (!known) throw new RpcError(Code.NotFound, "no such session");
        const time = now();
        return {
          ...known,
          end_time: Math.max(known.start_time, end ?? time),
          updated_at: time,
          bytes_in: Math.max(known.bytes_in, bytesIn),
          bytes_out: Math.max(known.bytes_out, bytesOut),
        };
      });
      return {};
    },
  };
};
