import { create } from "@bufbuild/protobuf";
import { type UserCredential, UserCredentialSchema } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { transact } from "../storage/exclusive.ts";
import {
  type CredentialInput,
  type CredentialService,
  checkCredential,
  checkNewCredential,
} from "./credential-input.ts";
import type { Directory } from "./directory.ts";
import type { KubernetesTokens } from "./kubernetes.ts";
import { normalizeUsername } from "./names.ts";
import type { ProviderAccounts } from "./provider-accounts.ts";
import type { Providers } from "./providers/providers.ts";
import type { IdentitySchema } from "./schema.ts";
import type { SecretBox } from "./secrets.ts";
import { type IdentityDatabase, nextId, refuseDuplicate } from "./store.ts";
import { toTimestamp } from "./time.ts";

type CredentialRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  | "listUserCredentials"
  | "getUserCredential"
  | "addKubernetesUserCredential"
  | "addGitUserCredential"
  | "addRegistryUserCredential"
  | "updateUserCredential"
  | "deleteUserCredential"
  | "removeUserCredential"
>;

interface CredentialsDeps {
  db: IdentityDatabase;
  directory: Directory;
  box: SecretBox;
  providers: Providers;
  accounts: ProviderAccounts;
  kubernetes: KubernetesTokens;
  now: () => number;
}

type Row = Selectable<IdentitySchema["credentials"]>;

const notFound = () => new RpcError(Code.NotFound, "credential not found");
const isProtected = (row: Row) => row.source.startsWith("idp.k8shell.io/");
const isService = (name: string): name is CredentialService =>
  name === "git" || name === "registry" || name === "kubernetes";

const toMessage = (row: Row, resolved: { secret?: string; expiresAt?: number } = {}): UserCredential =>
  create(UserCredentialSchema, {
    id: row.id,
    username: row.username,
    serviceName: row.service_name,
    serviceScope: row.service_scope,
    credentialSource: row.source,
    subject: row.subject,
    secret: resolved.secret ?? "",
    isActive: row.is_active === 1,
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
    expiresAt: toTimestamp(resolved.expiresAt ?? null),
    lastUsedAt: toTimestamp(row.last_used_at),
  });

/**
 * Credentials that workspaces use (grpc-behaviour section 6 "Credentials"): a stored secret, a token of a Kubernetes
 * service account made on the spot, or the live git token of the user's identity provider.
 */
export const createCredentials = (deps: CredentialsDeps): CredentialRpcs => {
  const { db, directory, box, providers, accounts, kubernetes, now } = deps;
  const context = (id: number) => `credentials:${id}:secret`;

  const byId = async (id: number): Promise<Row> => {
    const row = await db.selectFrom("credentials").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw notFound();
    return row;
  };

  const add = async (service: CredentialService, name: string, input: Required<CredentialInput>) => {
    const { username } = await directory.require(name);
    const id = await transact(db, async (trx) => {
      const id = await nextId(trx, "credential");
      const values = {
        id,
        username,
        service_name: service,
        service_scope: input.scope,
        source: service === "kubernetes" ? "kubernetes" : "stored",
        subject: input.subject,
        secret: service === "kubernetes" ? "" : box.seal(input.secret, context(id)),
        is_active: 1 as const,
        created_at: now(),
        updated_at: now(),
        last_used_at: null,
      };
      await refuseDuplicate(
        trx.insertInto("credentials").values(values).execute(),
        "there is a credential for this scope already",
      );
      return id;
    });
    return { credential: toMessage(await byId(id)) };
  };

  const resolve = async (row: Row): Promise<{ secret: string; expiresAt?: number }> => {
    if (row.source === "stored") return { secret: box.open(row.secret, context(row.id)) };
    if (row.source === "kubernetes") {
      const { token, expiresAt } = await kubernetes.request(row.service_scope, row.subject);
      return { secret: token, expiresAt };
    }
    const provider = providers.external(row.source);
    const token = provider && (await providers.ask(() => accounts.gitToken(provider, row.username)));
    if (!token) throw notFound();
    return { secret: token.accessToken, expiresAt: token.expiresAt };
  };

  const remove = async (row: Row): Promise<{ success: boolean }> => {
    if (isProtected(row))
      throw new RpcError(
        Code.FailedPrecondition,
        "a credential of the identity provider can only be switched off",
      );
    await db.deleteFrom("credentials").where("id", "=", row.id).execute();
    return { success: true };
  };

  return {
    async listUserCredentials({ username: name, id }) {
      const { username } = await directory.require(name);
      const rows = await db
        .selectFrom("credentials")
        .selectAll()
        .where("username", "=", username)
        .orderBy("id")
        .execute();
      return {
        credentials: rows.filter((row) => id === 0 || row.id === id).map((row) => toMessage(row)),
      };
    },
    async getUserCredential({ username, serviceName, serviceScope }) {
      const row = await db
        .selectFrom("credentials")
        .selectAll()
        .where("username", "=", normalizeUsername(username))
        .where("service_name", "=", serviceName)
        .where("service_scope", "=", serviceScope)
        .where("is_active", "=", 1)
        .executeTakeFirst();
      if (!row) throw notFound();
      const resolved = await resolve(row);
      const used = { ...row, last_used_at: now() };
      await db
        .updateTable("credentials")
        .set({ last_used_at: used.last_used_at })
        .where("id", "=", row.id)
        .execute();
      return toMessage(used, resolved);
    },
    addKubernetesUserCredential({ username, scope, subject }) {
      checkNewCredential("kubernetes", { scope, subject });
      return add("kubernetes", username, { scope, subject, secret: "" });
    },
    addGitUserCredential({ username, scope, subject, secret }) {
      checkNewCredential("git", { scope, subject, secret });
      return add("git", username, { scope, subject, secret });
    },
    addRegistryUserCredential({ username, scope, subject, secret }) {
      checkNewCredential("registry", { scope, subject, secret });
      return add("registry", username, { scope, subject, secret });
    },
    async updateUserCredential({ id, scope, subject, secret, active }) {
      const row = await byId(id);
      const input = { scope, subject, secret };
      const content = Object.values(input).some((value) => value !== undefined);
      if (content && isProtected(row))
        throw new RpcError(Code.FailedPrecondition, "a credential of the identity provider is changed there");
      if (isService(row.service_name)) checkCredential(row.service_name, input);
      const update = db
        .updateTable("credentials")
        .set({
          ...(scope === undefined ? {} : { service_scope: scope }),
          ...(subject === undefined ? {} : { subject }),
          ...(secret === undefined ? {} : { secret: box.seal(secret, context(id)) }),
          ...(active === undefined ? {} : { is_active: active ? 1 : 0 }),
          updated_at: now(),
        })
        .where("id", "=", id)
        .execute();
      await refuseDuplicate(update, "there is a credential for this scope already");
      return { credential: toMessage(await byId(id)) };
    },
    deleteUserCredential: async ({ id }) => remove(await byId(id)),
    async removeUserCredential({ username, id }) {
      const row = await byId(id);
      if (row.username !== normalizeUsername(username)) throw notFound();
      return remove(row);
    },
  };
};
