import { routes } from "@k8shell/contract";
import type { Session } from "@k8shell/contract/gen/session/v1/session_pb.js";
import type { Backends } from "../backends/backends.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { oldestFirst, sessionJson } from "./mapping/session.ts";
import { listRestriction } from "./obligations.ts";

export interface SessionRoutesDeps {
  readonly backends: Backends;
}

const pageSize = 100;
/** Longest list given out; whoever wants older sessions asks by workspace or by `last_n`. */
const maxSessions = 10_000;

interface SessionList {
  readonly target: { readonly username: string | undefined };
  readonly query: { readonly workspace?: string; readonly last_n?: number };
  readonly obligations: Readonly<Record<string, string>>;
}

/** Session records (rest-contract 1.1, rows 7 and 13, and `GET /sessions`): one function behind all three lists. */
export const sessionRoutes = ({ backends: { identity, session } }: SessionRoutesDeps): BoundRoute[] => {
  const find = async ({ target, query, obligations }: SessionList): Promise<Session[]> => {
    const { username: only, org, roles } = listRestriction(obligations);
    const username = target.username ?? only;
    if (only !== undefined && username !== only) return [];
    const filter = {
      username: username ?? "",
      workspace: query.workspace ?? "",
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

  return [
    bind(routes.listSessions, async (context) => json(200, (await find(context)).map(sessionJson))),
    ...bindBoth(routes.listUserSessions, routes.listMySessions, async (context) => {
      const found = await find(context);
      const username = targetUser(context);
      // Users who are gone leave records; somebody without any may never have been there.
      if (found.length === 0 && username !== context.principal.username)
        await identity.findUser({ username });
      return json(200, found.map(sessionJson));
    }),
  ];
};
