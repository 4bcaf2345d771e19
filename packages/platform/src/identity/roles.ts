import { create } from "@bufbuild/protobuf";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import {
  type Role,
  type RoleBlueprintsRequest,
  RoleSchema,
} from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { parseName, parseText } from "./names.ts";
import { requireOrganization } from "./require-organization.ts";
import { type IdentityDatabase, nextId, refuseDuplicate } from "./store.ts";
import { toTimestamp } from "./time.ts";

type RoleRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  | "listRoles"
  | "listGlobalRoles"
  | "createRole"
  | "updateRole"
  | "deleteRole"
  | "addRoleBlueprints"
  | "removeRoleBlueprints"
>;

const blueprintName = /^[A-Za-z0-9._/*?-]{1,128}$/;

/** The rpcs of roles (grpc-behaviour section 2 "Roles"). Global roles are listed here and cannot be changed. */
export const createRoles = ({
  db,
  directory,
  now,
}: {
  db: IdentityDatabase;
  directory: Directory;
  now: () => number;
}): RoleRpcs => {
  const list = async (org: string, name?: string): Promise<Role[]> => {
    const base = db.selectFrom("roles").selectAll().where("org", "=", org).orderBy("name");
    const roles = await (name === undefined ? base : base.where("name", "=", name)).execute();
    const ids = roles.map((role) => role.id);
    if (ids.length === 0) return [];
    const blueprints = await db
      .selectFrom("role_blueprints")
      .selectAll()
      .where("role_id", "in", ids)
      .orderBy("blueprint")
      .execute();
    const counts = await db
      .selectFrom("user_roles")
      .select(["role_id", (eb) => eb.fn.countAll<number>().as("users")])
      .where("role_id", "in", ids)
      .groupBy("role_id")
      .execute();
    return roles.map((role) =>
      create(RoleSchema, {
        name: role.name,
        description: role.description,
        org: role.org,
        createdAt: toTimestamp(role.created_at),
        userCount: Number(counts.find((count) => count.role_id === role.id)?.users ?? 0),
        blueprints: blueprints.filter((entry) => entry.role_id === role.id).map((entry) => entry.blueprint),
      }),
    );
  };

  const getRole = async (org: string, name: string): Promise<Role> => {
    const [role] = await list(org, name);
    if (!role) throw new RpcError(Code.NotFound, "role not found");
    return role;
  };

  const globalRole = (trx: IdentityDatabase, name: string) =>
    trx.selectFrom("roles").select("id").where("org", "=", "").where("name", "=", name).executeTakeFirst();

  /** The id of a role that may be changed. @throws RpcError InvalidArgument, NotFound, or FailedPrecondition for a global role */
  const changeable = async (trx: IdentityDatabase, org: string, name: string): Promise<number> => {
    if (org === "") throw new RpcError(Code.InvalidArgument, "organization is required");
    const role = await trx
      .selectFrom("roles")
      .select("id")
      .where("org", "=", org)
      .where("name", "=", name)
      .executeTakeFirst();
    if (role) return role.id;
    if (await globalRole(trx, name))
      throw new RpcError(Code.FailedPrecondition, "a global role cannot be changed");
    throw new RpcError(Code.NotFound, "role not found");
  };

  const changeBlueprints = async (
    { org, name, blueprints }: RoleBlueprintsRequest,
    change: (trx: IdentityDatabase, roleId: number, blueprints: string[]) => Promise<unknown>,
  ): Promise<Role> => {
    if (blueprints.length === 0)
      throw new RpcError(Code.InvalidArgument, "at least one blueprint is required");
    if (!blueprints.every((blueprint) => blueprintName.test(blueprint)))
      throw new RpcError(Code.InvalidArgument, "not a blueprint name");
    await transact(db, async (trx) =>
      change(trx, await changeable(trx, org, name), [...new Set(blueprints)]),
    );
    directory.changed();
    return getRole(org, name);
  };

  return {
    async listRoles({ org }) {
      return { roles: await list(await requireOrganization(db, org, Code.NotFound)) };
    },
    async listGlobalRoles() {
      return { roles: await list("") };
    },
    async createRole(request) {
      const name = parseName(request.name, "role");
      const description = parseText(request.description, "description");
      await transact(db, async (trx) => {
        const org = await requireOrganization(trx, request.org, Code.NotFound);
        // Roles travel as flat names, so one named like a global role would carry its powers.
        if (await globalRole(trx, name))
          throw new RpcError(Code.AlreadyExists, "a global role has this name");
        const id = await nextId(trx, "role");
        await refuseDuplicate(
          trx.insertInto("roles").values({ id, name, org, description, created_at: now() }).execute(),
          "the role already exists",
        );
      });
      return getRole(request.org, name);
    },
    async updateRole({ name, org, description }) {
      await transact(db, async (trx) => {
        const id = await changeable(trx, org, name);
        if (description === undefined) return;
        await trx
          .updateTable("roles")
          .set({ description: parseText(description, "description") })
          .where("id", "=", id)
          .execute();
      });
      return getRole(org, name);
    },
    async deleteRole({ name, org }) {
      await transact(db, async (trx) => {
        const id = await changeable(trx, org, name);
        const used = await trx
          .selectFrom("user_roles")
          .select("username")
          .where("role_id", "=", id)
          .executeTakeFirst();
        if (used) throw new RpcError(Code.FailedPrecondition, "the role is in use");
        await trx.deleteFrom("roles").where("id", "=", id).execute();
      });
      return { success: true };
    },
    addRoleBlueprints: (request) =>
      changeBlueprints(request, (trx, role_id, blueprints) =>
        trx
          .insertInto("role_blueprints")
          .values(blueprints.map((blueprint) => ({ role_id, blueprint })))
          .onConflict((conflict) => conflict.columns(["role_id", "blueprint"]).doNothing())
          .execute(),
      ),
    removeRoleBlueprints: (request) =>
      changeBlueprints(request, (trx, roleId, blueprints) =>
        trx
          .deleteFrom("role_blueprints")
          .where("role_id", "=", roleId)
          .where("blueprint", "in", blueprints)
          .execute(),
      ),
  };
};
