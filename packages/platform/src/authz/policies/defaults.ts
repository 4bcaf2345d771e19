/** The policy files written on first start. From then on the files are the operator's. */

const everyone = `\
// What every signed-in user may do. Whatever no policy permits is denied.
//
// How these files work
// - Every *.cedar file of this directory counts. Changes apply at once; while a file is broken, the last good
//   policies stay in force and the log names the file, the line and the reason.
// - schema.cedarschema (written at each start, for reference) lists actions, attributes and context.
// - @id names a policy in the log; @reason is what the caller is told.
// - @obligation_NAME("value") attaches a condition that the asking service enforces, such as "list only this user's
//   workspaces". Placeholders: \${principal.username|org|idp}, \${resource.id|owner|org|app|blueprint|idp},
//   \${context.NAME}, and as an element of a JSON array \${organization.roles}. A placeholder without a value denies.
//   Names that are no identifiers go into @obligations("{\\"patch:/resources/cpu\\": \\"500m\\"}").
// - When several policies permit a request, the ones with the highest @rank (default 0) supply the obligations.
//   A forbid always wins over any permit.

@id("everyone-list-own")
@reason("You may list your own.")
@obligation_username("\${principal.username}")
permit (
  principal,
  action in [Action::"workspace:list", Action::"session:list"],
  resource
)
unless { resource has owner && resource.owner != principal };

@id("everyone-list-organization")
@reason("You may list what belongs to your organization.")
@obligation_org("\${principal.org}")
permit (
  principal,
  action in [Action::"user:list", Action::"org:list"],
  resource
)
when { principal has org };

@id("everyone-list-roles")
@reason("You may list the roles of your organization.")
@obligation_org("\${principal.org}")
@obligation_global_roles("true")
permit (
  principal,
  action == Action::"role:list",
  resource
)
when { principal has org };

@id("everyone-use-shared-ports")
@reason("It is shared with you.")
permit (
  principal,
  action == Action::"workspace:connect",
  resource
)
when { context.type == "portforward" && context has share };

@id("everyone-read-organization")
@reason("It is your organization.")
permit (
  principal,
  action == Action::"org:read",
  resource
)
when { principal has org && resource.org == principal.org };
`;

const owners = `\
// Owners do everything with their own things.

@id("owner-workspaces")
@reason("It is your own.")
permit (
  principal,
  action in [Action::"workspace:*", Action::"session:*", Action::"ssh:*"],
  resource
)
when { resource has owner && resource.owner == principal };

// Sessions of which nothing is recorded. To record, give a list: shell, exec, direct-tcpip, sftp.
@id("owner-session-recording")
@obligation_record("none")
permit (
  principal,
  action == Action::"session:start",
  resource
)
when { resource has owner && resource.owner == principal };

@id("owner-account-read")
@reason("It is your own account.")
permit (
  principal,
  action == Action::"user:read",
  resource
)
when { resource has owner && resource.owner == principal };

// Not among them: roles, sudo, locked, org and posix (uid and gid) of one's own account.
@id("owner-account-write")
@reason("It is your own account.")
permit (
  principal,
  action == Action::"user:write",
  resource
)
when
{
  resource has owner &&
  resource.owner == principal &&
  ["profile", "credentials", "keys", "password", "envvars"].contains(context.data_type)
};

// How people may sign in. "web" stands for the sign-in page of any identity provider.
@id("owner-sign-in-web")
@reason("It is your own account.")
@obligation_auth_methods("[\\"password\\", \\"web\\"]")
permit (
  principal,
  action == Action::"user:auth",
  resource
)
when { resource has owner && resource.owner == principal && context.surface == "web" };

@id("owner-sign-in-ssh")
@reason("It is your own account.")
@obligation_auth_methods("[\\"publickey\\", \\"password\\", \\"device\\"]")
permit (
  principal,
  action == Action::"user:auth",
  resource
)
when { resource has owner && resource.owner == principal && context.surface == "ssh" };

@id("owner-tokens")
@reason("They are your own tokens.")
permit (
  principal,
  action in Action::"token:*",
  resource
)
when { resource has owner && resource.owner == principal };

// The most a new token may hold. A Go duration such as "2160h" in expires_in makes every new token expire.
@id("owner-token-limits")
@obligation_scopes("[\\"*\\"]")
@obligation_expires_in("never")
permit (
  principal,
  action == Action::"token:create",
  resource
)
when { resource has owner && resource.owner == principal };
`;

const orgAdmins = `\
// Administrators of an organization (role org-admin) do everything within it, with these limits: nothing that belongs
// to an administrator of the platform, no move between organizations, no POSIX ids, not the organization's life.

@id("org-admin-members")
@rank("10")
@reason("You administer this organization.")
permit (
  principal in Role::"org-admin",
  action in
    [Action::"workspace:*",
     Action::"session:*",
     Action::"ssh:*",
     Action::"token:*",
     Action::"user:read",
     Action::"user:write",
     Action::"user:delete"],
  resource
)
when
{
  principal has org &&
  resource has org &&
  resource.org == principal.org &&
  resource has owner &&
  // What is one's own follows the rules of owners.
  resource.owner != principal &&
  !(resource.owner in Role::"admin")
}
unless { context has data_type && ["org", "posix"].contains(context.data_type) };

// The roles an administrator of an organization may give to its members.
@id("org-admin-member-roles")
@rank("10")
@obligation_roles("[\\"org-admin\\", \\"developer\\", \\"\${organization.roles}\\"]")
permit (
  principal in Role::"org-admin",
  action == Action::"user:write",
  resource
)
when
{
  principal has org &&
  resource has org &&
  resource.org == principal.org &&
  resource has owner &&
  resource.owner != principal &&
  !(resource.owner in Role::"admin") &&
  context.data_type == "roles"
};

@id("org-admin-create-members")
@rank("10")
@reason("You administer this organization.")
@obligation_roles("[\\"org-admin\\", \\"developer\\", \\"\${organization.roles}\\"]")
@obligation_sudo("true")
permit (
  principal in Role::"org-admin",
  action == Action::"user:create",
  resource
)
when { principal has org && resource has org && resource.org == principal.org };

@id("org-admin-token-limits")
@rank("10")
@obligation_scopes("[\\"*\\"]")
@obligation_expires_in("never")
permit (
  principal in Role::"org-admin",
  action == Action::"token:create",
  resource
)
when
{
  principal has org &&
  resource has org &&
  resource.org == principal.org &&
  resource has owner &&
  resource.owner != principal &&
  !(resource.owner in Role::"admin")
};

@id("org-admin-lists")
@rank("10")
@reason("You may list what belongs to your organization.")
@obligation_org("\${principal.org}")
permit (
  principal in Role::"org-admin",
  action in [Action::"workspace:list", Action::"session:list", Action::"audit:list"],
  resource
)
when { principal has org }
unless { resource has owner };

@id("org-admin-lookups")
@rank("10")
@reason("Administrators of organizations may look users up.")
permit (
  principal in Role::"org-admin",
  action in [Action::"user:exists", Action::"blueprints:read"],
  resource
);

@id("org-admin-roles")
@rank("10")
@reason("You administer this organization.")
permit (
  principal in Role::"org-admin",
  action in [Action::"role:create", Action::"role:update", Action::"role:delete"],
  resource
)
when { principal has org && resource has org && resource.org == principal.org };

@id("org-admin-organization")
@rank("10")
@reason("You administer this organization.")
permit (
  principal in Role::"org-admin",
  action in [Action::"org:read", Action::"org:update", Action::"org:envvar:*"],
  resource
)
when { principal has org && resource.org == principal.org };

@id("org-admin-onboarding")
@rank("10")
@reason("You administer this organization.")
@obligation_roles("[\\"org-admin\\", \\"developer\\", \\"\${organization.roles}\\"]")
permit (
  principal in Role::"org-admin",
  action in Action::"onboardrule:*",
  resource
)
when { principal has org && resource has org && resource.org == principal.org };

@id("built-in-roles")
@reason("Built-in roles belong to the administrators of the platform.")
forbid (
  principal,
  action in [Action::"role:create", Action::"role:update", Action::"role:delete"],
  resource
)
when { resource == Role::"admin" || resource == Role::"org-admin" }
unless { principal in Role::"admin" };
`;

const admins = `\
// Administrators of the platform (role admin) do everything.

@id("admin")
@rank("20")
@reason("You administer the platform.")
permit (
  principal in Role::"admin",
  action,
  resource
)
// Nobody signs in as somebody else.
unless { action == Action::"user:auth" };

@id("admin-list-roles")
@rank("20")
@obligation_global_roles("true")
permit (
  principal in Role::"admin",
  action == Action::"role:list",
  resource
);

@id("admin-create-users")
@rank("20")
@obligation_sudo("true")
permit (
  principal in Role::"admin",
  action == Action::"user:create",
  resource
);

@id("admin-token-limits")
@rank("20")
@obligation_scopes("[\\"*\\"]")
@obligation_expires_in("never")
permit (
  principal in Role::"admin",
  action == Action::"token:create",
  resource
);
`;

/** Default policy files by name. */
export const defaultPolicies: Readonly<Record<string, string>> = {
  "everyone.cedar": everyone,
  "owners.cedar": owners,
  "org-admins.cedar": orgAdmins,
  "admins.cedar": admins,
};
