import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Operator, type Payload } from "@k8shell/contract/gen/query/v1/query_pb.js";
import type { Client } from "@k8shell/rpc";
import { createQueryEngine, type QueryEngine, type QueryField } from "../../query/index.ts";
import { obligationValues } from "../../query/parse.ts";
import { parseQuantity } from "../quantity.ts";

interface Item {
  readonly workspace: WorkspaceDetails;
  /** Users who hold one of the roles an obligation names. */
  readonly roleHolders: ReadonlySet<string> | undefined;
}

const equality = [Operator.EQ, Operator.NE, Operator.IN];
const optional = [...equality, Operator.EXISTS];

const text = (
  name: string,
  value: (workspace: WorkspaceDetails) => string,
  operators: readonly Operator[] = equality,
): QueryField<Item> => ({ name, type: "string", value: ({ workspace }) => value(workspace), operators });

const quantity = (name: string, value: (workspace: WorkspaceDetails) => string): QueryField<Item> => ({
  name,
  type: "string",
  value: ({ workspace }) => value(workspace),
  quantity: parseQuantity,
});

const fields: ReadonlyArray<QueryField<Item>> = [
  text("name", (workspace) => workspace.name),
  text("username", (workspace) => workspace.username),
  text("organization", (workspace) => workspace.organization),
  text("blueprint", (workspace) => workspace.blueprint),
  text("origin", (workspace) => workspace.origin),
  text("namespace", (workspace) => workspace.namespace),
  text("status", (workspace) => workspace.workspaceStatus?.status ?? ""),
  text("repo_owner", (workspace) => workspace.repoOwner, optional),
  text("repo_name", (workspace) => workspace.repoName, optional),
  text("repo_ref", (workspace) => workspace.repoRef, optional),
  text("workspace_type", (workspace) => workspace.workspaceType),
  text("workload_kind", (workspace) => workspace.workloadKind, optional),
  text("workload_name", (workspace) => workspace.workloadName, optional),
  quantity("cpu", (workspace) => workspace.cpu),
  quantity("memory", (workspace) => workspace.memory),
  {
    name: "created",
    type: "datetime",
    value: ({ workspace }) => {
      const created = workspace.workspaceStatus?.created;
      return created ? timestampDate(created) : undefined;
    },
  },
];

/** The queryable fields of workspaces (grpc-behaviour section 5 "Finding"); no page means everything. */
const createEngine = (): QueryEngine<Item> =>
  createQueryEngine<Item>({
    resource: "workspaces",
    fields,
    defaultSort: ["name"],
    obligations: {
      username: ({ workspace }, values) => values.includes(workspace.username),
      org: ({ workspace }, values) => values.includes(workspace.organization),
      roles: ({ workspace, roleHolders }) => roleHolders?.has(workspace.username) ?? false,
    },
  });

const pageSize = 100;

/** Everybody who holds one of the roles: page by page, because identity gives at most one page at a time. */
const holdersOf = async (
  identity: Client<typeof IdentityService>,
  roles: readonly string[],
): Promise<ReadonlySet<string>> => {
  const names = new Set<string>();
  if (roles.length === 0) return names;
  for (let offset = 0; ; offset += pageSize) {
    const { users } = await identity.getUsers({ limit: pageSize, offset, roles: [...roles] });
    for (const { username } of users) names.add(username);
    if (users.length < pageSize) return names;
  }
};

export interface WorkspaceQueries {
  readonly descriptor: QueryEngine<Item>["descriptor"];
  /** @throws RpcError InvalidArgument, PermissionDenied for an obligation that cannot be enforced */
  query(workspaces: readonly WorkspaceDetails[], payload: Payload | undefined): Promise<WorkspaceDetails[]>;
}

export const createWorkspaceQueries = (identity: Client<typeof IdentityService>): WorkspaceQueries => {
  const engine = createEngine();
  return {
    descriptor: engine.descriptor,
    async query(workspaces, payload) {
      const roles = payload?.obligations.roles;
      const roleHolders =
        roles === undefined ? undefined : await holdersOf(identity, obligationValues(roles));
      const items = workspaces.map((workspace) => ({ workspace, roleHolders }));
      return engine.apply(items, payload).map(({ workspace }) => workspace);
    },
  };
};
