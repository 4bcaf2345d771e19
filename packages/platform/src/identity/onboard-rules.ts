import { create } from "@bufbuild/protobuf";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type OnboardRule, OnboardRuleSchema } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { Code, RpcError, type ServiceImpl } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { createQueryEngine } from "../query/index.ts";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { identityPage } from "./list-page.ts";
import { parseEmail, parseText } from "./names.ts";
import { defaultRoles } from "./onboarding.ts";
import type { ProviderAccounts } from "./provider-accounts.ts";
import type { Providers } from "./providers/providers.ts";
import { requireOrganization } from "./require-organization.ts";
import { roleIds } from "./role-grants.ts";
import type { IdentitySchema } from "./schema.ts";
import { type IdentityDatabase, nextId } from "./store.ts";
import { toDate, toTimestamp } from "./time.ts";
import type { Users } from "./users.ts";

type OnboardRuleRpcs = Pick<
  ServiceImpl<typeof IdentityService>,
  | "getOnboardRulesQuerySchema"
  | "queryOnboardRules"
  | "createOnboardRule"
  | "updateOnboardRule"
  | "deleteOnboardRule"
  | "approveOnboardRequest"
  | "rejectOnboardRequest"
>;

interface OnboardRulesDeps {
  db: IdentityDatabase;
  directory: Directory;
  users: Users;
  accounts: ProviderAccounts;
  providers: Providers;
  now: () => number;
}

type Row = Selectable<IdentitySchema["onboard_rules"]>;

const actions = ["allow", "reject", "waitlist"];
const notFound = () => new RpcError(Code.NotFound, "onboard rule not found");

const checkAction = (action: string): string => {
  if (!actions.includes(action))
    throw new RpcError(Code.InvalidArgument, `an onboard rule's action is one of ${actions.join(", ")}`);
  return action;
};

/** Globs over provider names and user names. */
const checkPattern = (text: string, field: string): string => {
  if (!/^[A-Za-z0-9._@/*?-]{1,128}$/.test(text))
    throw new RpcError(Code.InvalidArgument, `${field} is required and may have * and ?`);
  return text;
};

const toMessage = (row: Row): OnboardRule =>
  create(OnboardRuleSchema, {
    id: row.id,
    idp: row.idp,
    usernamePattern: row.username_pattern,
    org: row.org,
    action: row.action,
    priority: row.priority,
    status: row.status,
    roles: JSON.parse(row.roles),
    sudo: row.sudo === 1,
    fullname: row.fullname,
    email: row.email,
    note: row.note,
    requestedAt: toTimestamp(row.requested_at),
    decidedAt: toTimestamp(row.decided_at),
    decidedBy: row.decided_by,
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
  });

/**
 * The rpcs of onboard rules (grpc-behaviour section 6). A rule has status `none`; somebody a `waitlist` rule caught is an
 * entry of their own, `pending` until it is approved (which creates the user at once) or rejected.
 */
export const createOnboardRules = (deps: OnboardRulesDeps): OnboardRuleRpcs => {
  const { db, directory, users, accounts, providers, now } = deps;
  const engine = createQueryEngine<OnboardRule>({
    resource: "onboardRules",
    fields: [
      { name: "idp", type: "string", value: (rule) => rule.idp },
      { name: "usernamePattern", type: "string", value: (rule) => rule.usernamePattern },
      { name: "org", type: "string", value: (rule) => rule.org },
      { name: "action", type: "string", value: (rule) => rule.action },
      { name: "status", type: "string", value: (rule) => rule.status },
      { name: "priority", type: "number", value: (rule) => rule.priority },
      { name: "roles", type: "string", value: (rule) => rule.roles },
      { name: "sudo", type: "boolean", value: (rule) => rule.sudo },
      { name: "fullname", type: "string", value: (rule) => rule.fullname },
      { name: "email", type: "string", value: (rule) => rule.email },
      { name: "requestedAt", type: "datetime", value: (rule) => toDate(rule.requestedAt) },
      { name: "decidedAt", type: "datetime", value: (rule) => toDate(rule.decidedAt) },
      { name: "createdAt", type: "datetime", value: (rule) => toDate(rule.createdAt) },
    ],
    defaultSort: ["priority"],
    page: identityPage,
    obligations: { org: (rule, values) => values.includes(rule.org) },
    now,
  });

  const get = async (db: IdentityDatabase, id: number): Promise<Row> => {
    const row = await db.selectFrom("onboard_rules").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) throw notFound();
    return row;
  };

  /** A request that nobody has decided yet. @throws RpcError NotFound */
  const pending = async (trx: IdentityDatabase, id: number): Promise<Row> => {
    const row = await get(trx, id);
    if (row.status !== "pending") throw new RpcError(Code.NotFound, "no request is pending under this id");
    return row;
  };

  const decide = (
    trx: IdentityDatabase,
    id: number,
    decision: { status: string; by: string; note?: string },
  ) =>
    trx
      .updateTable("onboard_rules")
      .set({
        status: decision.status,
        decided_at: now(),
        decided_by: decision.by,
        updated_at: now(),
        ...(decision.note ? { note: parseText(decision.note, "note", 1024) } : {}),
      })
      .where("id", "=", id)
      .execute();

  return {
    getOnboardRulesQuerySchema: () => engine.descriptor,
    async queryOnboardRules({ query }) {
      const rows = await db.selectFrom("onboard_rules").selectAll().orderBy("id").execute();
      return { rules: engine.apply(rows.map(toMessage), query) };
    },
    async createOnboardRule(request) {
      const values = {
        idp: checkPattern(request.idp, "idp"),
        username_pattern: checkPattern(request.usernamePattern, "username_pattern"),
        action: checkAction(request.action),
        priority: request.priority,
        status: "none",
        roles: JSON.stringify(request.roles),
        sudo: request.sudo ? (1 as const) : (0 as const),
        note: parseText(request.note, "note", 1024),
        fullname: "",
        email: "",
        subject: "",
        requested_at: null,
        decided_at: null,
        decided_by: "",
        created_at: now(),
        updated_at: now(),
      };
      const id = await transact(db, async (trx) => {
        const org = await requireOrganization(trx, request.org);
        await roleIds(trx, request.roles, org);
        const id = await nextId(trx, "onboard_rule");
        await trx
          .insertInto("onboard_rules")
          .values({ ...values, id, org })
          .execute();
        return id;
      });
      return toMessage(await get(db, id));
    },
    async updateOnboardRule(request) {
      await transact(db, async (trx) => {
        const { org } = await get(trx, request.id);
        await roleIds(trx, request.roles, org);
        await trx
          .updateTable("onboard_rules")
          .set({
            action: checkAction(request.action),
            priority: request.priority,
            roles: JSON.stringify(request.roles),
            sudo: request.sudo ? 1 : 0,
            note: parseText(request.note, "note", 1024),
            fullname: parseText(request.fullname, "fullname"),
            email: parseEmail(request.email) ?? "",
            updated_at: now(),
          })
          .where("id", "=", request.id)
          .execute();
      });
      return toMessage(await get(db, request.id));
    },
    async deleteOnboardRule({ id }) {
      const { numDeletedRows } = await db
        .deleteFrom("onboard_rules")
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw notFound();
      return { success: true };
    },
    async approveOnboardRequest({ id, decidedBy }) {
      const username = await transact(db, async (trx) => {
        const row = await pending(trx, id);
        const roles: string[] = JSON.parse(row.roles);
        const provider = providers.external(row.idp);
        const username = await users.insert(trx, {
          username: row.username_pattern,
          organization: row.org,
          fullname: row.fullname,
          email: row.email,
          roles: roles.length > 0 ? roles : defaultRoles,
          sudo: row.sudo === 1,
          source: row.idp,
          manageRepos: provider?.manageRepos,
          gitAddress: provider?.gitAddress,
        });
        await accounts.link(trx, row.idp, { subject: row.subject, login: row.username_pattern }, username);
        await decide(trx, id, { status: "approved", by: decidedBy });
        return username;
      });
      directory.changed(username);
      return directory.require(username);
    },
    async rejectOnboardRequest({ id, decidedBy, note }) {
      await transact(db, async (trx) => {
        await pending(trx, id);
        await decide(trx, id, { status: "rejected", by: decidedBy, note });
      });
      return toMessage(await get(db, id));
    },
  };
};
