/** What the sections of the reference are about. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  Health: "Is the server there, and what works.",
  Documentation: "The contract itself.",
  Authentication: "Signing in and out, for browsers and for command-line clients.",
  Internal: "For processes inside the platform; not reachable from outside.",
  Users: "Accounts, profiles, roles, passwords, SSH keys and what a user may do.",
  Organizations: "Groups of users with roles and variables of their own.",
  Roles: "What gives users blueprints and rights.",
  "Environment variables": "Variables that every workspace of an organization or a user gets.",
  Sessions: "Who was connected to which workspace, when.",
  Credentials: "Secrets that a user's workspaces may use: git, registries, Kubernetes.",
  "Access tokens": "Personal access tokens for programs.",
  Workspaces: "Creating, finding, stopping and deleting workspaces.",
  Terminal: "An interactive terminal in a workspace.",
  Apps: "Programs with a port that a workspace runs.",
  Files: "Moving files in and out of a workspace.",
  Jobs: "Following the provisioning of a workspace.",
};
