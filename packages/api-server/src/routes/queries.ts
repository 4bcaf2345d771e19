import { routes, scopeCatalog } from "@k8shell/contract";
import type { Descriptor } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";
import { auditJson } from "./mapping/audit.ts";
import { descriptorJson, queryInit } from "./mapping/query.ts";
import { sessionJson } from "./mapping/session.ts";
import { profileJson } from "./mapping/user.ts";
import { workspaceJson } from "./mapping/workspace.ts";
import { listRestriction, permitsNothing } from "./obligations.ts";
import { lockoutsOf } from "./password-lockouts.ts";

export interface QueryRoutesDeps {
  readonly backends: Backends;
  /** Identity is part of this process, where many questions cost little. */
  readonly ownIdentity: boolean;
}

const schema = async (answer: Promise<Descriptor>) => json(200, descriptorJson(await answer));

/**
 * Lists with filters, order and pages (rest-contract 1.3 and 2.14). Services apply the obligations that are sent along,
 * which come from the decision alone. Where an answer tells whose an item is, that is checked once more.
 */
export const queryRoutes = ({ backends, ownIdentity }: QueryRoutesDeps): BoundRoute[] => {
  const { identity, session, provisioner, authz } = backends;

  const policy = () => {
    if (authz) return authz;
    throw new ApiError(
      "not_implemented",
      "This platform runs without a policy service: there is no audit log.",
    );
  };

  return [
    bind(routes.getUsersSchema, () => schema(identity.getUsersQuerySchema({}))),
    bind(routes.queryUsers, async ({ body, obligations }) => {
      if (permitsNothing(obligations)) return json(200, []);
      const { users } = await identity.queryUsers({ query: queryInit(body, obligations) });
      const { username, org } = listRestriction(obligations);
      const visible = users.filter(
        (user) =>
          (username === undefined || user.username === username) &&
          (org === undefined || user.organization === org),
      );
      const lockouts = ownIdentity ? await lockoutsOf(backends, visible) : undefined;
      return json(
        200,
        visible.map((user) => profileJson(user, lockouts?.get(user.username))),
      );
    }),

    bind(routes.getSessionsSchema, () => schema(session.getSessionsQuerySchema({}))),
    bind(routes.querySessions, async ({ body, obligations }) => {
      if (permitsNothing(obligations)) return json(200, []);
      const { sessions } = await session.querySessions({ query: queryInit(body, obligations) });
      const { username } = listRestriction(obligations);
      const visible = sessions.filter((found) => username === undefined || found.username === username);
      return json(200, visible.map(sessionJson));
    }),

    bind(routes.getWorkspacesSchema, () => schema(provisioner.getWorkspacesQuerySchema({}))),
    bind(routes.queryWorkspaces, async ({ body, obligations }) => {
      if (permitsNothing(obligations)) return json(200, []);
      const { workspaces } = await provisioner.queryWorkspaces({ query: queryInit(body, obligations) });
      const { username, org } = listRestriction(obligations);
      const visible = workspaces.filter(
        (workspace) =>
          (username === undefined || workspace.username === username) &&
          (org === undefined || workspace.organization === org),
      );
      return json(200, visible.map(workspaceJson));
    }),

    bind(routes.getAuditSchema, () => schema(policy().getAuditQuerySchema({}))),
    bind(routes.queryAudit, async ({ body, obligations }) => {
      const service = policy();
      if (permitsNothing(obligations)) return json(200, []);
      const { records } = await service.queryAudit({ query: queryInit(body, obligations) });
      const { username, org } = listRestriction(obligations);
      const visible = records.filter(
        (record) =>
          (username === undefined || record.username === username) &&
          (org === undefined || record.org === org),
      );
      return json(200, visible.map(auditJson));
    }),

    bind(routes.listAllBlueprints, async () => {
      const { blueprints } = await provisioner.getBlueprints({});
      const summaries = blueprints.map(({ name, description, isTemplate }) => ({
        name,
        ...(description === "" ? {} : { description }),
        ...(isTemplate ? { isTemplate } : {}),
      }));
      return json(
        200,
        summaries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      );
    }),

    bind(routes.getScopeCatalog, () => json(200, scopeCatalog)),
  ];
};
