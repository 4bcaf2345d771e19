import type { Session, SessionService } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Client } from "@k8shell/rpc";
import { oldestFirst } from "./mapping/session.ts";
import { listRestriction } from "./obligations.ts";

const pageSize = 100;
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

    const found: Session[] = [];
    if (query.last_n !== undefined && query.last_n > 0) {
      found.push(...(await session.getSessions({ ...filter, lastN: query.last_n })).sessions);
    } else {
      while (found.length < maxSessions) {
        const page = await session.getSessions({ ...filter, limit: pageSize, offset: found.length });
        found.push(...page.sessions);
        if (page.sessions.length < pageSize) break;
      }
    }
    const visible = only === undefined ? found : found.filter((record) => record.username === only);
    return visible.toSorted(oldestFirst);
  };
};
