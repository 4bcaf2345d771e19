import { create } from "@bufbuild/protobuf";
import type {
  CreateAccessTokenRequest,
  IdentityService,
} from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type AccessTokenInfo, AccessTokenInfoSchema } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { parseText } from "./names.ts";
import type { IdentitySchema } from "./schema.ts";
import { randomSecret, sha256 } from "./secrets.ts";
import { type IdentityDatabase, nextId } from "./store.ts";
import { fromTimestamp, toTimestamp } from "./time.ts";
import { parseScopes } from "./token-scopes.ts";

/** What a personal access token begins with; 43 characters of base64url follow (grpc-behaviour section 2 "PAT"). */
const prefix = "k8sh_";
const previewLength = 13;
const maxName = 128;

export interface MintedToken {
  readonly id: number;
  /** The bare token; it is not kept. */
  readonly token: string;
}

export interface AccessTokens {
  readonly rpcs: Pick<
    ServiceImpl<typeof IdentityService>,
    "createAccessToken" | "updateAccessToken" | "listAccessTokens" | "revokeAccessToken" | "deleteAccessToken"
  >;
  mint(o: {
    username: string;
    name: string;
    scopes: readonly string[];
    /** Epoch milliseconds; null: never. */
    expiresAt: number | null;
    renew: boolean;
    active?: boolean;
  }): Promise<MintedToken>;
}

interface AccessTokensDeps {
  db: IdentityDatabase;
  directory: Directory;
  now: () => number;
}

type Row = Selectable<IdentitySchema["access_tokens"]>;

const toInfo = (row: Row): AccessTokenInfo =>
  create(AccessTokenInfoSchema, {
    id: BigInt(row.id),
    username: row.username,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    expiresAt: toTimestamp(row.expires_at),
    createdAt: toTimestamp(row.created_at),
    lastUsedAt: toTimestamp(row.last_used_at),
    isActive: row.is_active === 1,
    tokenPreview: row.preview,
  });

const notFound = () => new RpcError(Code.NotFound, "access token not found");

/** An id of the wire as a row id; those that cannot exist match no row. */
const rowId = (id: bigint): number => (id > 0n && id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : -1);

/** The rpcs that manage personal access tokens (grpc-behaviour section 2 "PAT"). Only their SHA-256 is stored. */
export const createAccessTokens = ({ db, directory, now }: AccessTokensDeps): AccessTokens => {
  const mint: AccessTokens["mint"] = async (o) => {
    const { username } = await directory.require(o.username);
    const name = parseText(o.name.trim(), "name", maxName);
    if (name === "") throw new RpcError(Code.InvalidArgument, "a token needs a name");
    const scopes = parseScopes(o.scopes);
    if (o.expiresAt !== null && o.expiresAt <= now())
      throw new RpcError(Code.InvalidArgument, "the expiry lies in the past");
    const token = prefix + randomSecret();
    const values = {
      hash: sha256(token),
      preview: token.slice(0, previewLength),
      scopes: JSON.stringify(scopes),
      expires_at: o.expiresAt,
      created_at: now(),
      last_used_at: null,
    };
    const id = await transact(db, async (trx) => {
      const found = await trx
        .selectFrom("access_tokens")
        .select("id")
        .where("username", "=", username)
        .where("name", "=", name)
        .executeTakeFirst();
      if (found) {
        // The contract answers a duplicate with Internal, not AlreadyExists (grpc-behaviour section 2 "PAT").
        if (!o.renew) throw new RpcError(Code.Internal, "a token with this name already exists");
        await trx
          .updateTable("access_tokens")
          .set({ ...values, is_active: 1 })
          .where("id", "=", found.id)
          .execute();
        return found.id;
      }
      const id = await nextId(trx, "access_token");
      await trx
        .insertInto("access_tokens")
        .values({ ...values, id, username, name, is_active: o.active === false ? 0 : 1 })
        .execute();
      return id;
    });
    directory.changed(username);
    return { id, token };
  };

  /** Runs a statement on one token of one user. @throws RpcError NotFound when it touches none */
  const onOne = async (username: string, work: Promise<{ numUpdatedRows: bigint }>): Promise<void> => {
    const { numUpdatedRows } = await work;
    if (numUpdatedRows === 0n) throw notFound();
    directory.changed(username);
  };

  const update = (id: bigint, username: string, values: { is_active?: 0 | 1; scopes?: string }) =>
    onOne(
      username,
      db
        .updateTable("access_tokens")
        .set(values)
        .where("id", "=", rowId(id))
        .where("username", "=", username)
        .executeTakeFirstOrThrow(),
    );

  return {
    mint,
    rpcs: {
      async createAccessToken(request: CreateAccessTokenRequest) {
        const { id, token } = await mint({
          ...request,
          expiresAt: request.expiresAt ? fromTimestamp(request.expiresAt) : null,
        });
        return { id: BigInt(id), token };
      },
      async updateAccessToken({ id, username: name, active, scopes }) {
        const { username } = await directory.require(name);
        const values = {
          ...(active === undefined ? {} : { is_active: active ? (1 as const) : (0 as const) }),
          ...(scopes === undefined ? {} : { scopes: JSON.stringify(parseScopes(scopes.scopes)) }),
        };
        if (Object.keys(values).length > 0) await update(id, username, values);
        const row = await db
          .selectFrom("access_tokens")
          .selectAll()
          .where("id", "=", rowId(id))
          .where("username", "=", username)
          .executeTakeFirst();
        if (!row) throw notFound();
        return { token: toInfo(row) };
      },
      async listAccessTokens({ username: name }) {
        const { username } = await directory.require(name);
        const rows = await db
          .selectFrom("access_tokens")
          .selectAll()
          .where("username", "=", username)
          .orderBy("id")
          .execute();
        return { tokens: rows.map(toInfo) };
      },
      async revokeAccessToken({ id, username: name }) {
        const { username } = await directory.require(name);
        await update(id, username, { is_active: 0 });
        return { success: true };
      },
      async deleteAccessToken({ id }) {
        const deleted = await db
          .deleteFrom("access_tokens")
          .where("id", "=", rowId(id))
          .returning("username")
          .executeTakeFirst();
        if (!deleted) throw notFound();
        directory.changed(deleted.username);
        return { success: true };
      },
    },
  };
};
