import { type ActionSpec, actions, type ContextField, groupsOf, type ResourceType } from "./actions.ts";

/** Cedar entity type of each resource type. */
export const entityTypes: Readonly<Record<ResourceType, string>> = {
  workspace: "Workspace",
  user: "Account",
  role: "Role",
  org: "Organization",
  onboardrule: "OnboardRule",
  blueprint: "Blueprint",
  audit: "AuditLog",
};

const entities = `\
// Roles are groups of users, and what role:create and the like are about. \`org\` is absent for a global role.
entity Role { org?: String };

// The caller, and the owner of a resource.
entity User in [Role] { username: String, org?: String, idp?: String };

// \`org\` of a workspace or account is its owner's organization, as Identity knows it. What is about no single
// workspace or user (a list) has no owner.
entity Workspace { owner?: User, org?: String, app?: String, blueprint?: String };
entity Account { owner?: User, org?: String, idp?: String };

entity Organization { org: String };
entity OnboardRule { org?: String, idp?: String };
entity Blueprint;
entity AuditLog;
`;

const contextField = ([name, { kind, required }]: [string, ContextField]): string => {
  const values = typeof kind === "string" ? "" : ` // ${kind.join(", ")}`;
  return `    ${name}${required ? "" : "?"}: ${kind === "port" ? "Long" : "String"},${values}\n`;
};

const actionText = (spec: ActionSpec): string => {
  const groups = groupsOf(spec.name).map((group) => `"${group}"`);
  const fields = Object.entries(spec.context).map(contextField).join("");
  const context = fields === "" ? "{}" : `{\n${fields}  }`;
  return `action "${spec.name}" in [${groups.join(", ")}] appliesTo {
  principal: User,
  resource: ${entityTypes[spec.type]},
  context: ${context}
};
`;
};

const groupText = (group: string): string => {
  const parents = groupsOf(group).filter((parent) => parent !== group);
  return parents.length === 0
    ? `action "${group}";\n`
    : `action "${group}" in ["${parents.join('", "')}"];\n`;
};

/** The schema that policies are checked against, in Cedar's own syntax. */
export const schemaText = (): string => {
  const specs = [...actions.values()];
  const groups = [...new Set(specs.flatMap((spec) => groupsOf(spec.name)))].sort();
  return [entities, groups.map(groupText).join(""), ...specs.map(actionText)].join("\n");
};
