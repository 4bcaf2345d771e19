import type { EnvVarJson, OnboardRuleJson, OrganizationJson, RoleInfoJson } from "@k8shell/contract";
import type { EnvVar, OnboardRule, Organization, Role } from "@k8shell/contract/gen/identity/v1/types_pb.js";
import { timeOrNull, unlessEmpty } from "./values.ts";

/** rest-contract 2.13. */
export const organizationJson = (organization: Organization): OrganizationJson => ({
  name: organization.name,
  description: organization.description,
  createdAt: timeOrNull(organization.createdAt),
  adminUsernames: organization.adminUsernames,
  userCount: organization.userCount,
  readOnly: organization.readOnly,
});

/** rest-contract 2.13. */
export const roleJson = (role: Role): RoleInfoJson => ({
  name: role.name,
  description: role.description,
  org: role.org,
  createdAt: timeOrNull(role.createdAt),
  userCount: role.userCount,
  blueprints: role.blueprints,
});

/** rest-contract 2.13. */
export const onboardRuleJson = (rule: OnboardRule): OnboardRuleJson => ({
  id: rule.id,
  idp: rule.idp,
  usernamePattern: rule.usernamePattern,
  org: rule.org,
  action: rule.action,
  status: rule.status === "" ? "none" : rule.status,
  priority: rule.priority,
  ...(rule.roles.length === 0 ? {} : { roles: rule.roles }),
  ...(rule.sudo ? { sudo: true } : {}),
  ...unlessEmpty("fullname", rule.fullname),
  ...unlessEmpty("email", rule.email),
  ...unlessEmpty("note", rule.note),
  ...(rule.requestedAt ? { requestedAt: timeOrNull(rule.requestedAt) } : {}),
  ...(rule.decidedAt ? { decidedAt: timeOrNull(rule.decidedAt) } : {}),
  ...unlessEmpty("decidedBy", rule.decidedBy),
  createdAt: timeOrNull(rule.createdAt),
  updatedAt: timeOrNull(rule.updatedAt),
});

/**
 * rest-contract 2.13.
 * @param reveal show the value of a secret: only to the one whose it is
 */
export const envVarJson = (variable: EnvVar, { reveal }: { readonly reveal: boolean }): EnvVarJson => {
  const redacted = variable.redacted || (variable.isSecret && !reveal);
  return {
    key: variable.key,
    value: redacted ? "" : variable.value,
    isSecret: variable.isSecret,
    createdAt: timeOrNull(variable.createdAt),
    updatedAt: timeOrNull(variable.updatedAt),
    ...(redacted ? { redacted: true } : {}),
    ...unlessEmpty("origin", variable.origin),
  };
};
