import type { AccountControl } from "../auth/account-control.ts";
import type { Backends } from "../backends/backends.ts";
import type { BoundRoute } from "../http/handler.ts";
import { type AppRoutesDeps, appRoutes } from "./apps.ts";
import { type BlueprintComposeRoutesDeps, blueprintComposeRoutes } from "./blueprint-compose.ts";
import { type CapabilityRoutesDeps, capabilityRoutes } from "./capabilities/capabilities.ts";
import { type CredentialRoutesDeps, credentialRoutes } from "./credentials.ts";
import { type EnvVarRoutesDeps, envVarRoutes } from "./env-vars.ts";
import { type JobRoutesDeps, jobRoutes } from "./jobs.ts";
import { type KeyRoutesDeps, keyRoutes } from "./keys.ts";
import { type LiveRoutesDeps, liveRoutes } from "./live.ts";
import { type OnboardRuleRoutesDeps, onboardRuleRoutes } from "./onboard-rules.ts";
import { type OrganizationRoutesDeps, organizationRoutes } from "./organizations.ts";
import { type PasswordRoutesDeps, passwordRoutes } from "./password.ts";
import { type PasswordResetRoutesDeps, passwordResetRoutes } from "./password-reset.ts";
import { type ProfileRoutesDeps, profileRoutes } from "./profile.ts";
import { type QueryRoutesDeps, queryRoutes } from "./queries.ts";
import { type RecordingRoutesDeps, recordingRoutes } from "./recordings.ts";
import { type RepoRoutesDeps, repoRoutes } from "./repos.ts";
import { type RoleRoutesDeps, roleRoutes } from "./roles.ts";
import { type SessionRoutesDeps, sessionRoutes } from "./sessions.ts";
import { type TokenRoutesDeps, tokenRoutes } from "./tokens.ts";
import { type UserRoutesDeps, userRoutes } from "./users.ts";
import { type WorkspaceDetailRoutesDeps, workspaceDetailRoutes } from "./workspace-details.ts";
import { type WorkspaceLogRoutesDeps, workspaceLogRoutes } from "./workspace-logs.ts";
import { type WorkspaceRoutesDeps, workspaceRoutes } from "./workspaces.ts";

export interface ResourceRoutesDeps
  extends AppRoutesDeps,
    BlueprintComposeRoutesDeps,
    CapabilityRoutesDeps,
    CredentialRoutesDeps,
    EnvVarRoutesDeps,
    JobRoutesDeps,
    KeyRoutesDeps,
    LiveRoutesDeps,
    OnboardRuleRoutesDeps,
    OrganizationRoutesDeps,
    PasswordResetRoutesDeps,
    PasswordRoutesDeps,
    ProfileRoutesDeps,
    QueryRoutesDeps,
    RecordingRoutesDeps,
    RepoRoutesDeps,
    RoleRoutesDeps,
    SessionRoutesDeps,
    TokenRoutesDeps,
    UserRoutesDeps,
    WorkspaceDetailRoutesDeps,
    WorkspaceLogRoutesDeps,
    WorkspaceRoutesDeps {
  readonly backends: Backends;
  readonly accounts: AccountControl;
}

/** The endpoints over the platform's resources: all but sign-in, health, internal, terminal and files. */
export const resourceRoutes = (deps: ResourceRoutesDeps): BoundRoute[] => [
  ...userRoutes(deps),
  ...profileRoutes(deps),
  ...passwordRoutes(deps),
  ...passwordResetRoutes(deps),
  ...capabilityRoutes(deps),
  ...blueprintComposeRoutes(deps),
  ...repoRoutes(deps),
  ...keyRoutes(deps),
  ...organizationRoutes(deps),
  ...roleRoutes(deps),
  ...onboardRuleRoutes(deps),
  ...envVarRoutes(deps),
  ...sessionRoutes(deps),
  ...recordingRoutes(deps),
  ...liveRoutes(deps),
  ...credentialRoutes(deps),
  ...tokenRoutes(deps),
  ...workspaceRoutes(deps),
  ...workspaceDetailRoutes(deps),
  ...workspaceLogRoutes(deps),
  ...appRoutes(deps),
  ...jobRoutes(deps),
  ...queryRoutes(deps),
];
