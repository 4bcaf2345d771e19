import type { RouteSpec } from "./route.ts";
import { appRoutes } from "./routes/apps.ts";
import { authRoutes } from "./routes/auth.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { envVarRoutes } from "./routes/env-vars.ts";
import { eventRoutes } from "./routes/events.ts";
import { execRoutes } from "./routes/exec.ts";
import { fileRoutes } from "./routes/files.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { liveRoutes } from "./routes/live.ts";
import { mcpRoutes } from "./routes/mcp.ts";
import { onboardRuleRoutes } from "./routes/onboard-rules.ts";
import { organizationRoutes } from "./routes/organizations.ts";
import { portRoutes } from "./routes/ports.ts";
import { queryRoutes } from "./routes/queries.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { roleRoutes } from "./routes/roles.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { uploadRoutes } from "./routes/uploads.ts";
import { userRoutes } from "./routes/users.ts";
import { workspaceDetailRoutes } from "./routes/workspace-details.ts";
import { workspaceRoutes } from "./routes/workspaces.ts";

export { actions } from "./routes/actions.ts";

/** Every endpoint, by operation id, in the order of the reference. */
export const routes = {
  ...healthRoutes,
  ...authRoutes,
  ...userRoutes,
  ...organizationRoutes,
  ...roleRoutes,
  ...onboardRuleRoutes,
  ...envVarRoutes,
  ...sessionRoutes,
  ...recordingRoutes,
  ...liveRoutes,
  ...credentialRoutes,
  ...tokenRoutes,
  ...workspaceRoutes,
  ...workspaceDetailRoutes,
  ...execRoutes,
  ...appRoutes,
  ...portRoutes,
  ...fileRoutes,
  ...uploadRoutes,
  ...jobRoutes,
  ...eventRoutes,
  ...queryRoutes,
  ...mcpRoutes,
} as const;

/** Every endpoint as a list. */
export const allRoutes: readonly RouteSpec[] = Object.values(routes);
