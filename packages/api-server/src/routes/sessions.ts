import { routes } from "@k8shell/contract";
import type { Backends } from "../backends/backends.ts";
import { findAnyUser } from "../backends/find-user.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";
import { bindBoth, targetUser } from "./both.ts";
import { createFindSessions } from "./find-sessions.ts";
import { sessionJson } from "./mapping/session.ts";

export interface SessionRoutesDeps {
  readonly backends: Backends;
}

/** Session records (rest-contract 1.1, rows 7 and 13, and `GET /sessions`): one function behind all three lists. */
export const sessionRoutes = ({ backends }: SessionRoutesDeps): BoundRoute[] => {
  const find = createFindSessions(backends.session);

  return [
    bind(routes.listSessions, async (context) => json(200, (await find(context)).map(sessionJson))),
    ...bindBoth(routes.listUserSessions, routes.listMySessions, async (context) => {
      const found = await find(context);
      const username = targetUser(context);
      // Users who are gone leave records; somebody without any may never have been there.
      if (found.length === 0 && username !== context.principal.username) {
        await findAnyUser(backends, username);
      }
      return json(200, found.map(sessionJson));
    }),
  ];
};
