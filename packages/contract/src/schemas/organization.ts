import { z } from "zod";
import { int32, name, opt, timeOrNull } from "./common.ts";

const description = z.string().max(1024);

/** rest-contract 2.13. */
export const organization = z
  .object({
    name: z.string(),
    description: z.string(),
    createdAt: timeOrNull,
    adminUsernames: z.array(z.string()),
    userCount: int32,
    readOnly: z.boolean().describe("true only for `default`."),
  })
  .meta({ id: "Organization", description: "An organization." });

export const organizationCreateRequest = z
  .object({ name, description: opt(description) })
  .meta({ id: "OrganizationCreateRequest", description: "A new organization." });

export const organizationUpdateRequest = z
  .object({ description: opt(description) })
  .meta({ id: "OrganizationUpdateRequest", description: "Changes to an organization." });

export const organizationDeleteRequest = z
  .object({
    moveUsersToOrg: opt(name).describe("Where its users go."),
    preserveWorkspaces: opt(z.boolean()).describe(
      "Keep the workspaces of its users. Given without `moveUsersToOrg`, the users are deleted.",
    ),
  })
  .meta({ id: "OrganizationDeleteRequest", description: "How to delete an organization." });

export const roleInfo = z
  .object({
    name: z.string(),
    description: z.string(),
    org: z.string().describe("Empty: global."),
    createdAt: timeOrNull,
    userCount: int32,
    blueprints: z.array(z.string()),
  })
  .meta({ id: "RoleInfo", description: "A role." });

export const roleCreateRequest = z
  .object({ name, description: opt(description) })
  .meta({ id: "RoleCreateRequest", description: "A new role." });

export const roleUpdateRequest = z
  .object({ description: opt(description) })
  .meta({ id: "RoleUpdateRequest", description: "Changes to a role." });

export const roleBlueprintsRequest = z
  .object({ blueprints: z.array(name).min(1).max(100) })
  .meta({ id: "RoleBlueprintsRequest", description: "Blueprints to add to or remove from a role." });

const action = z.enum(["allow", "reject", "waitlist", "not-defined"]);

export const onboardRule = z
  .object({
    id: int32,
    idp: z.string(),
    usernamePattern: z.string(),
    org: z.string(),
    action: z.string().describe("`allow`, `reject`, `waitlist` or `not-defined`."),
    status: z.string().describe("`none`, `pending`, `approved`, `rejected` or `onboarded`."),
    priority: int32,
    roles: z.array(z.string()).optional(),
    sudo: z.boolean().optional(),
    fullname: z.string().optional(),
    email: z.string().optional(),
    note: z.string().optional(),
    requestedAt: timeOrNull.optional(),
    decidedAt: timeOrNull.optional(),
    decidedBy: z.string().optional(),
    createdAt: timeOrNull,
    updatedAt: timeOrNull,
  })
  .meta({ id: "OnboardRule", description: "Who may become a user." });

const ruleChange = {
  action,
  priority: opt(int32),
  roles: opt(z.array(name).max(100)),
  sudo: opt(z.boolean()),
  note: opt(z.string().max(1024)),
};

export const onboardRuleCreateRequest = z
  .object({ idp: z.string().min(1).max(256), usernamePattern: z.string().min(1).max(256), ...ruleChange })
  .meta({ id: "OnboardRuleCreateRequest", description: "A new onboarding rule." });

export const onboardRuleUpdateRequest = z
  .object({ ...ruleChange, fullname: opt(z.string().max(256)), email: opt(z.string().max(256)) })
  .meta({ id: "OnboardRuleUpdateRequest", description: "An onboarding rule, replaced." });

export const onboardRuleRejectRequest = z
  .object({ note: opt(z.string().max(1024)) })
  .meta({ id: "OnboardRuleRejectRequest", description: "Why a request is turned down." });

export type OrganizationJson = z.output<typeof organization>;
export type RoleInfoJson = z.output<typeof roleInfo>;
export type OnboardRuleJson = z.output<typeof onboardRule>;
