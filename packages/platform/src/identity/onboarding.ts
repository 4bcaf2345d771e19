import type { User } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { Code, RpcError } from "@k8shell/rpc";
import type { Selectable } from "kysely";
import { transact } from "../storage/exclusive.ts";
import type { Directory } from "./directory.ts";
import { isUsername, normalizeUsername } from "./names.ts";
import { firstMatch } from "./onboard-pattern.ts";
import type { ProviderAccounts } from "./provider-accounts.ts";
import type { ExternalProfile, ExternalProvider } from "./providers/provider.ts";
import type { IdentitySchema } from "./schema.ts";
import { type IdentityDatabase, nextId } from "./store.ts";
import type { Users } from "./users.ts";

/** What onboarded people may do when their rule names no role. */
export const defaultRoles = ["developer"];

export interface Onboarding {
  /**
   * The user an external account belongs to, created when the onboard rules say so.
   * @throws RpcError FailedPrecondition (waits for approval), PermissionDenied (refused or no rule),
   *   AlreadyExists (another user has the name or address)
   */
  admit(provider: ExternalProvider, profile: ExternalProfile): Promise<{ user: User; created: boolean }>;
  /** The user name an account has or would get. @throws RpcError PermissionDenied when it can have none */
  nameOf(provider: ExternalProvider, profile: ExternalProfile): Promise<string>;
  /** Whether the rules would let somebody of this name in, or make them wait. */
  wouldAdmit(idp: string, username: string): Promise<boolean>;
}

interface OnboardingDeps {
  db: IdentityDatabase;
  directory: Directory;
  users: Users;
  accounts: ProviderAccounts;
  now: () => number;
}

type Rule = Selectable<IdentitySchema["onboard_rules"]>;

const waiting = () => new RpcError(Code.FailedPrecondition, "your account waits for approval");
const refused = () => new RpcError(Code.PermissionDenied, "your account may not be onboarded");

/** The platform's name for an account: its login, without the domain when it is an address. */
const usernameOf = (profile: ExternalProfile): string => {
  const username = normalizeUsername(profile.login.split("@")[0] ?? "");
  if (!isUsername(username))
    throw new RpcError(Code.PermissionDenied, "the name of your account cannot be used as a user name here");
  return username;
};

/** Decides who gets in (grpc-behaviour section 6 "Login flows" and "Onboard rules"). */
export const createOnboarding = ({ db, directory, users, accounts, now }: OnboardingDeps): Onboarding => {
  const rulesOf = () => db.selectFrom("onboard_rules").selectAll().where("status", "=", "none").execute();

  const existing = async (
    provider: ExternalProvider,
    profile: ExternalProfile,
  ): Promise<User | undefined> => {
    const username = await accounts.usernameOf(provider.name, profile.subject);
    return username === undefined ? undefined : directory.get(username);
  };

  /** The open or decided request of a waitlisted account. */
  const requestOf = (idp: string, subject: string) =>
    db
      .selectFrom("onboard_rules")
      .selectAll()
      .where("idp", "=", idp)
      .where("subject", "=", subject)
      .where("status", "<>", "none")
      .executeTakeFirst();

  const putOnWaitlist = async (
    provider: ExternalProvider,
    profile: ExternalProfile,
    rule: Rule,
  ): Promise<void> => {
    const at = now();
    await transact(db, async (trx) => {
      await trx
        .deleteFrom("onboard_rules")
        .where("idp", "=", provider.name)
        .where("subject", "=", profile.subject)
        .where("status", "<>", "none")
        .execute();
      const id = await nextId(trx, "onboard_rule");
      await trx
        .insertInto("onboard_rules")
        .values({
          id,
          idp: provider.name,
          username_pattern: usernameOf(profile),
          org: rule.org,
          action: "waitlist",
          priority: rule.priority,
          status: "pending",
          roles: rule.roles,
          sudo: rule.sudo,
          fullname: profile.fullname,
          email: profile.email,
          note: "",
          subject: profile.subject,
          requested_at: at,
          decided_at: null,
          decided_by: "",
          created_at: at,
          updated_at: at,
        })
        .execute();
    });
  };

  const createUser = async (
    provider: ExternalProvider,
    profile: ExternalProfile,
    rule: Rule,
  ): Promise<User> => {
    const roles: string[] = JSON.parse(rule.roles);
    const username = await transact(db, async (trx) => {
      const username = await users.insert(trx, {
        username: usernameOf(profile),
        organization: rule.org,
        fullname: rule.fullname || profile.fullname,
        email: rule.email || profile.email,
        roles: roles.length > 0 ? roles : defaultRoles,
        sudo: rule.sudo === 1,
        source: provider.name,
        manageRepos: provider.manageRepos,
        gitAddress: provider.gitAddress,
      });
      await accounts.link(trx, provider.name, profile, username);
      return username;
    });
    directory.changed(username);
    return directory.require(username);
  };

  return {
    async admit(provider, profile) {
      const known = await existing(provider, profile);
      if (known) {
        if (!known.isValid) throw new RpcError(Code.PermissionDenied, "the account is not valid");
        await accounts.refresh(provider, profile, known.username);
        await db
          .updateTable("onboard_rules")
          .set({ status: "onboarded", updated_at: now() })
          .where("idp", "=", provider.name)
          .where("subject", "=", profile.subject)
          .where("status", "=", "approved")
          .execute();
        return { user: known, created: false };
      }
      const username = usernameOf(profile);
      if (await directory.get(username))
        throw new RpcError(Code.AlreadyExists, "another user has the name of your account");
      if (profile.email !== "" && (await directory.getByEmail(profile.email)))
        throw new RpcError(Code.AlreadyExists, "another user has the email address of your account");
      const request = await requestOf(provider.name, profile.subject);
      if (request?.status === "pending") throw waiting();
      if (request?.status === "rejected") throw refused();
      const rule = firstMatch(await rulesOf(), { idp: provider.name, username });
      if (rule?.action === "allow") {
        const user = await createUser(provider, profile, rule);
        await accounts.refresh(provider, profile, user.username);
        return { user, created: true };
      }
      if (rule?.action !== "waitlist") throw refused();
      await putOnWaitlist(provider, profile, rule);
      throw waiting();
    },
    async nameOf(provider, profile) {
      return (await accounts.usernameOf(provider.name, profile.subject)) ?? usernameOf(profile);
    },
    async wouldAdmit(idp, username) {
      const rule = firstMatch(await rulesOf(), { idp, username });
      return rule?.action === "allow" || rule?.action === "waitlist";
    },
  };
};
