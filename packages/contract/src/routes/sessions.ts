import { z } from "zod";
import { route } from "../route.ts";
import { sessionsQuery, sshSession, userSessionsQuery } from "../schemas/index.ts";
import { actions } from "./actions.ts";
import { forUser } from "./for-user.ts";

const tag = "Sessions";

export const sessionRoutes = {
  listSessions: route({
    method: "GET",
    path: "/sessions",
    operationId: "listSessions",
    tag,
    summary: "List connection sessions, oldest first",
    permission: actions.sessionList,
    query: sessionsQuery,
    watch: { everySeconds: 5, on: ["live"] },
    workspaceField: "workspace",
    responses: { 200: z.array(sshSession) },
  }),
  ...forUser("list", "Sessions", "/sessions", {
    method: "GET",
    tag,
    summary: "List connection sessions of a user, oldest first",
    permission: actions.sessionList,
    query: userSessionsQuery,
    watch: { everySeconds: 5, on: ["live"] },
    workspaceField: "workspace",
    responses: { 200: z.array(sshSession) },
    errors: { 404: "no such user" },
  }),
} as const;
