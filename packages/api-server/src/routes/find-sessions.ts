import type { Session, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client } from "@k8shell/rpc";
import { oldestFirst } from "./mapping/session.ts";
import { listRestriction } from "./obligations.ts";

const pageSize = 100;
/** A service may give out fewer at once than it is asked for. Whatever its own limit is, it is a multiple of this. */
const limitStep = 5;
/** Longest list given out; whoever wants older sessions asks by workspace or by `last_n`. */
const maxSessions = 10_000;

/** A list of sessions, as a route asks for it. */
export interface SessionList {
  readonly target: { readonly username: string | undefined };
  readonly query: { readonly workspace?: string; readonly last_n?: number; readonly session_id?: string };
  readonly obligations: Readonly<Record<string, string>>;
}

/** Finds the sessions that a `session:list` decision permits to see, oldest first. */
export const createFindSessions = (session: Client<typeof SessionService>) => {
  return async ({ target, query, obligations }: SessionList): Promise<Session[]> => {
    const { username: only, org, roles } = listRestriction(obligations);
    const username = target.username ?? only;
    if (only !== undefined && username !== only) return [];
    const filter = {
      username: username ?? "",
      workspace: query.workspace ?? "",
      sessionId: query.session_id ?? "",
      org: org ?? "",
      roles: [...(roles ?? [])],
    };
    // An empty list of roles permits nobody's sessions; on the wire it would mean everybody's.
    if (roles?.length === 0) return [];

    const byId = new Map<string, Session>();
    if (query.last_n !== undefined && query.last_n > 0) {
      const { sessions } = await session.getSessions({ ...filter, lastN: query.last_n });
      for (const record of sessions) byId.set(record.sessionId, record);
    } else {
      let offset = 0;
      while (byId.size < maxSessions) {
        const known = byId.size;
        const { sessions } = await session.getSessions({ ...filter, limit: pageSize, offset });
        for (const record of sessions) byId.set(record.sessionId, record);
        offset += sessions.length;
        // Nothing new: it does not know offsets.
        if (byId.size === known || sessions.length % limitStep !== 0) break;
      }
    }
    const found = [...byId.values()];
    const visible = only === undefined ? found : found.filter((record) => record.username === only);
    return visible.toSorted(oldestFirst);
  };
};
