import { actions, type InjectWorkloadJson, routes } from "@k8shell/contract";
import type { InjectWorkload } from "@k8shell/contract/gen/provisioner/v1/provisioner_pb.js";
import type { Backends } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json, type RequestContext } from "../http/handler.ts";
import type { StartWorkspace } from "../jobs/provision.ts";
import { unlessEmpty } from "./mapping/values.ts";
import { type ListRestriction, listRestriction } from "./obligations.ts";
import { acceptedJson, targetWorkspace } from "./workspaces.ts";

export interface WorkspaceDetailRoutesDeps {
  readonly backends: Backends;
  readonly startWorkspace: StartWorkspace;
}

const isDenied = (error: unknown): boolean => error instanceof ApiError && error.status === 403;

/** rest-contract 2.13. Whose workspace is inside is left out unless `showsUser`. */
const workloadJson = (workload: InjectWorkload, showsUser: boolean): InjectWorkloadJson => ({
  namespace: workload.namespace,
  kind: workload.kind,
  name: workload.name,
  replicas: workload.replicas,
  ...(workload.injected ? { injected: true } : {}),
  ...(showsUser
    ? {
        ...unlessEmpty("workspace", workload.workspace),
        ...unlessEmpty("username", workload.username),
        ...unlessEmpty("organization", workload.organization),
        ...unlessEmpty("blueprint", workload.blueprint),
      }
    : {}),
});

/** Starting workspaces, and where they can be injected (rest-contract 1.3). */
export const workspaceDetailRoutes = ({
  backends: { provisioner },
  startWorkspace,
}: WorkspaceDetailRoutesDeps): BoundRoute[] => {
  const mayInject = ({ authorize, principal }: Pick<RequestContext, "authorize" | "principal">) =>
    authorize(actions.workspaceCreateInject, {
      type: "workspace",
      id: "",
      attributes: { owner: principal.username },
    });

  /** Whose workspaces the caller may list; undefined: nobody's but their own. */
  const listable = async (authorize: RequestContext["authorize"]): Promise<ListRestriction | undefined> => {
    try {
      return listRestriction(await authorize(actions.workspaceQuery, { type: "workspace", id: "" }));
    } catch (error) {
      if (isDenied(error)) return undefined;
      throw error;
    }
  };

  const mayKnow = (
    workload: InjectWorkload,
    caller: string,
    within: ListRestriction | undefined,
  ): boolean => {
    if (workload.username === caller) return true;
    // Roles of other people are not known here: a restriction by roles hides them.
    if (!within || within.roles !== undefined) return false;
    return (
      (within.username === undefined || within.username === workload.username) &&
      (within.org === undefined || within.org === workload.organization)
    );
  };

  return [
    bind(routes.startWorkspace, async ({ target }) =>
      json(202, acceptedJson(await startWorkspace(targetWorkspace(target).name))),
    ),

    bind(routes.listInjectNamespaces, async (context) => {
      await mayInject(context);
      const { namespaces, clusterWide } = await provisioner.listInjectNamespaces({});
      return json(200, { namespaces, ...(clusterWide ? { clusterWide } : {}) });
    }),

    bind(routes.listInjectWorkloads, async (context) => {
      const { authorize, principal, query } = context;
      await mayInject(context);
      const kinds = (query.kind ?? "")
        .split(",")
        .map((kind) => kind.trim())
        .filter((kind) => kind !== "");
      const { workloads } = await provisioner.listInjectWorkloads({
        namespace: query.namespace ?? "",
        kinds,
      });
      const within = await listable(authorize);
      return json(
        200,
        workloads.map((workload) => workloadJson(workload, mayKnow(workload, principal.username, within))),
      );
    }),
  ];
};
