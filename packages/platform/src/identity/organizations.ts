import { create } from "@bufbuild/protobuf";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Organization, OrganizationSchema } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { createQueryEngine } from "../query/index.ts";
import { transact } from "../storage/exclusive.ts";
import { identityPage } from "./list-page.ts";
import { parseName, parseText } from "./names.ts";
import { requireOrganization } from "./require-organization.ts";
import { defaultOrganization, type IdentityDatabase, refuseDuplicate } from "./store.ts";
import { toDate, toTimestamp } from "./time.ts";

type OrganizationRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  | "listOrganizations"
  | "getOrganization"
  | "getOrganizationsQuerySchema"
  | "queryOrganizations"
  | "createOrganization"
  | "updateOrganization"
  | "deleteOrganization"
>;

/** The rpcs of organizations. `default` is read-only (grpc-behaviour sections 2 and 6). */
export const createOrganizations = ({
  db,
  now,
}: {
  db: IdentityDatabase;
  now: () => number;
}): OrganizationRpcs => {
  const engine = createQueryEngine<Organization>({
    resource: "organizations",
    fields: [
      { name: "name", type: "string", value: (org) => org.name },
      { name: "description", type: "string", value: (org) => org.description },
      { name: "createdAt", type: "datetime", value: (org) => toDate(org.createdAt) },
      { name: "userCount", type: "number", value: (org) => org.userCount },
      { name: "adminUsernames", type: "string", value: (org) => org.adminUsernames },
    ],
    defaultSort: ["name"],
    page: identityPage,
    obligations: { org: (org, values) => values.includes(org.name) },
    now,
  });

  const list = async (name?: string): Promise<Organization[]> => {
    const base = db.selectFrom("organizations").selectAll().orderBy("name");
    const rows = await (name === undefined ? base : base.where("name", "=", name)).execute();
    const counts = await db
      .selectFrom("users")
      .select(["organization", (eb) => eb.fn.countAll<number>().as("users")])
      .groupBy("organization")
      .execute();
    const admins = await db
      .selectFrom("users")
      .innerJoin("user_roles", "user_roles.username", "users.username")
      .innerJoin("roles", "roles.id", "user_roles.role_id")
      .select(["users.organization", "users.username"])
      .where("roles.name", "=", "org-admin")
      .orderBy("users.username")
      .execute();
    return rows.map((row) =>
      create(OrganizationSchema, {
        name: row.name,
        description: row.description,
        createdAt: toTimestamp(row.created_at),
        adminUsernames: admins.filter((user) => user.organization === row.name).map((user) => user.username),
        userCount: Number(counts.find((count) => count.organization === row.name)?.users ?? 0),
        readOnly: row.name === defaultOrganization,
      }),
    );
  };

  const getOrganization = async (name: string): Promise<Organization> => {
    const [organization] = await list(name);
    if (!organization) throw new RpcError(Code.NotFound, "organization not found");
    return organization;
  };

  const changeable = async (trx: IdentityDatabase, name: string): Promise<string> => {
    const organization = await requireOrganization(trx, name, Code.NotFound);
    if (organization === defaultOrganization)
      throw new RpcError(Code.FailedPrecondition, "the default organization is read-only");
    return organization;
  };

  return {
    async listOrganizations() {
      return { organizations: await list() };
    },
    getOrganization: ({ name }) => getOrganization(name),
    getOrganizationsQuerySchema: () => engine.descriptor,
    async queryOrganizations({ query }) {
      return { organizations: engine.apply(await list(), query) };
    },
    async createOrganization(request) {
      const name = parseName(request.name, "organization");
      const description = parseText(request.description, "description");
      await refuseDuplicate(
        db.insertInto("organizations").values({ name, description, created_at: now() }).execute(),
        "the organization already exists",
      );
      return getOrganization(name);
    },
    async updateOrganization({ name, description }) {
      await transact(db, async (trx) => {
        const organization = await changeable(trx, name);
        if (description === undefined) return;
        await trx
          .updateTable("organizations")
          .set({ description: parseText(description, "description") })
          .where("name", "=", organization)
          .execute();
      });
      return getOrganization(name);
    },
    async deleteOrganization({ name }) {
      await transact(db, async (trx) => {
        const organization = await changeable(trx, name);
        const used = await trx
          .selectFrom("users")
          .select("username")
          .where("organization", "=", organization)
          .executeTakeFirst();
        if (used) throw new RpcError(Code.FailedPrecondition, "the organization has users");
        await trx.deleteFrom("roles").where("org", "=", organization).execute();
        await trx
          .deleteFrom("env_vars")
          .where("owner_kind", "=", "org")
          .where("owner", "=", organization)
          .execute();
        await trx.deleteFrom("organizations").where("name", "=", organization).execute();
      });
      return { success: true };
    },
  };
};
