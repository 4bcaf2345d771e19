import { create } from "@bufbuild/protobuf";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type EnvVar, EnvVarSchema } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { requireOrganization } from "./require-organization.ts";
import type { IdentitySchema } from "./schema.ts";
import type { SecretBox } from "./secrets.ts";
import { type IdentityDatabase, refuseDuplicate } from "./store.ts";
import { toTimestamp } from "./time.ts";

const keyPattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const maxValueBytes = 32 * 1024;

type EnvVarRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  | "listOrganizationEnvVars"
  | "getOrganizationEnvVar"
  | "addOrganizationEnvVar"
  | "updateOrganizationEnvVar"
  | "deleteOrganizationEnvVar"
  | "listUserEnvVars"
  | "getUserEnvVar"
  | "addUserEnvVar"
  | "updateUserEnvVar"
  | "deleteUserEnvVar"
>;

/** Who variables belong to; `kind` is also the wire's `origin`. */
interface Owner {
  readonly kind: "org" | "user";
  readonly name: string;
}

interface EnvVarDeps {
  db: IdentityDatabase;
  directory: Directory;
  box: SecretBox;
  now: () => number;
}

type Row = Selectable<IdentitySchema["env_vars"]>;

const notFound = () => new RpcError(Code.NotFound, "environment variable not found");
const context = (owner: Owner, key: string) => `env_vars:${owner.kind}:${owner.name}:${key}`;

const checkKey = (key: string): string => {
  if (!keyPattern.test(key))
    throw new RpcError(
      Code.InvalidArgument,
      "a variable is named with A-Z, a-z, 0-9 and _, not beginning with a digit",
    );
  return key;
};

const checkValue = (value: string): string => {
  if (value.includes("\0") || Buffer.byteLength(value) > maxValueBytes)
    throw new RpcError(Code.InvalidArgument, "a value has at most 32 KiB and no NUL");
  return value;
};

/**
 * Environment variables of organizations and users, all values encrypted at rest. Lists never carry the value of a
 * secret; a single read does, because a workspace needs it. A user's list also has the variables of their organization
 * that they do not override; `origin` tells which is which.
 */
export const createEnvVars = ({ db, directory, box, now }: EnvVarDeps): EnvVarRpcs => {
  const organization = async (name: string): Promise<Owner> => ({
    kind: "org",
    name: await requireOrganization(db, name, Code.NotFound),
  });
  const user = async (name: string): Promise<Owner> => ({
    kind: "user",
    name: (await directory.require(name)).username,
  });

  const rowsOf = (owner: Owner) =>
    db
      .selectFrom("env_vars")
      .selectAll()
      .where("owner_kind", "=", owner.kind)
      .where("owner", "=", owner.name);

  const toMessage = (owner: Owner, row: Row, o: { redact: boolean }): EnvVar => {
    const redacted = o.redact && row.is_secret === 1;
    return create(EnvVarSchema, {
      key: row.key,
      value: redacted ? "" : box.open(row.value, context(owner, row.key)),
      isSecret: row.is_secret === 1,
      redacted,
      origin: owner.kind,
      createdAt: toTimestamp(row.created_at),
      updatedAt: toTimestamp(row.updated_at),
    });
  };

  const list = async (owner: Owner): Promise<EnvVar[]> =>
    (await rowsOf(owner).orderBy("key").execute()).map((row) => toMessage(owner, row, { redact: true }));

  const get = async (owner: Owner, key: string): Promise<EnvVar> => {
    const row = await rowsOf(owner).where("key", "=", key).executeTakeFirst();
    if (!row) throw notFound();
    return toMessage(owner, row, { redact: false });
  };

  const add = async (
    owner: Owner,
    { key, value, isSecret }: { key: string; value: string; isSecret: boolean },
  ): Promise<EnvVar> => {
    const values = {
      owner_kind: owner.kind,
      owner: owner.name,
      key: checkKey(key),
      value: box.seal(checkValue(value), context(owner, key)),
      is_secret: isSecret ? (1 as const) : (0 as const),
      created_at: now(),
      updated_at: now(),
    };
    await refuseDuplicate(db.insertInto("env_vars").values(values).execute(), "the variable already exists");
    return get(owner, key);
  };

  const update = async (
    owner: Owner,
    { key, value, isSecret }: { key: string; value?: string; isSecret?: boolean },
  ): Promise<EnvVar> => {
    await transact(db, async (trx) => {
      const found = await trx
        .selectFrom("env_vars")
        .select("is_secret")
        .where("owner_kind", "=", owner.kind)
        .where("owner", "=", owner.name)
        .where("key", "=", key)
        .executeTakeFirst();
      if (!found) throw notFound();
      // Otherwise whoever may write a secret could read it by making it public.
      if (found.is_secret === 1 && isSecret === false && value === undefined)
        throw new RpcError(Code.InvalidArgument, "a secret becomes public only with a new value");
      await trx
        .updateTable("env_vars")
        .set({
          ...(value === undefined ? {} : { value: box.seal(checkValue(value), context(owner, key)) }),
          ...(isSecret === undefined ? {} : { is_secret: isSecret ? 1 : 0 }),
          updated_at: now(),
        })
        .where("owner_kind", "=", owner.kind)
        .where("owner", "=", owner.name)
        .where("key", "=", key)
        .execute();
    });
    return get(owner, key);
  };

  const remove = async (owner: Owner, key: string): Promise<{ success: boolean }> => {
    const { numDeletedRows } = await db
      .deleteFrom("env_vars")
      .where("owner_kind", "=", owner.kind)
      .where("owner", "=", owner.name)
      .where("key", "=", key)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw notFound();
    return { success: true };
  };

  return {
    listOrganizationEnvVars: async ({ org }) => ({ envVars: await list(await organization(org)) }),
    getOrganizationEnvVar: async ({ org, key }) => get(await organization(org), key),
    addOrganizationEnvVar: async (request) => add(await organization(request.org), request),
    updateOrganizationEnvVar: async (request) => update(await organization(request.org), request),
    deleteOrganizationEnvVar: async ({ org, key }) => remove(await organization(org), key),
    async listUserEnvVars({ username }) {
      const found = await directory.require(username);
      const own = await list({ kind: "user", name: found.username });
      const keys = new Set(own.map((entry) => entry.key));
      const inherited = (await list({ kind: "org", name: found.organization })).filter(
        (entry) => !keys.has(entry.key),
      );
      return { envVars: [...own, ...inherited].sort((a, b) => (a.key < b.key ? -1 : 1)) };
    },
    getUserEnvVar: async ({ username, key }) => get(await user(username), key),
    addUserEnvVar: async (request) => add(await user(request.username), request),
    updateUserEnvVar: async (request) => update(await user(request.username), request),
    deleteUserEnvVar: async ({ username, key }) => remove(await user(username), key),
  };
};
