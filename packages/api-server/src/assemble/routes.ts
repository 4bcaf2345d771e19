import type { BoundRoute } from "../http/handler.ts";
import { createIdempotent } from "../http/idempotency.ts";
import { createBackgroundTasks } from "../jobs/background.ts";
import { createProvision, createStartWorkspace } from "../jobs/provision.ts";
import { createStartRecording } from "../recording/recorder.ts";
import type { BlueprintComposeRoutesDeps } from "../routes/blueprint-compose.ts";
import { execRoutes } from "../routes/exec.ts";
import { forwardRoutes } from "../routes/forward.ts";
import { resourceRoutes } from "../routes/index.ts";
import { interactiveRoutes } from "../routes/interactive.ts";
import type { PasswordResetRoutesDeps } from "../routes/password-reset.ts";
import type { UserRoutesDeps } from "../routes/users.ts";
import { fileFeature } from "./files.ts";
import type { RouteContext } from "./gateway.ts";
import { redactions } from "./settings.ts";

/** How long provisioning that is under way holds up the end of the server, milliseconds. */
const provisionGraceMs = 5_000;

/** What the routes need beside the gateway: what no rpc of the platform offers. */
export type PlatformRoutesContext = RouteContext &
  BlueprintComposeRoutesDeps &
  PasswordResetRoutesDeps &
  Pick<UserRoutesDeps, "requireDeletable">;

/** Every route of the platform's features. */
export const platformRoutes = (context: PlatformRoutesContext): readonly BoundRoute[] => {
  const {
    config,
    backends,
    composeBlueprint,
    passwordResets,
    requireDeletable,
    accounts,
    jobs,
    terminals,
    terminalOwners,
    idempotency,
    live,
    log,
    onClose,
  } = context;
  const background = createBackgroundTasks({ log });
  onClose(() => background.close(provisionGraceMs));
  const { workspaces, session } = backends;
  const startRecording = createStartRecording({ recording: backends.recording, redact: redactions(config) });
  const interactive = interactiveRoutes({
    workspaces,
    session,
    terminals,
    owners: terminalOwners,
    startRecording,
    log,
  });
  onClose(interactive.idle);
  const provisioning = { provisioner: backends.provisioner, background, log };
  return [
    ...resourceRoutes({
      backends,
      composeBlueprint,
      passwordResets,
      requireDeletable,
      accounts,
      ownIdentity: config.identity.address === undefined,
      live,
      jobs,
      provision: createProvision(provisioning),
      idempotent: createIdempotent(idempotency),
      startWorkspace: createStartWorkspace(provisioning),
    }),
    ...fileFeature(context),
    ...interactive.routes,
    ...execRoutes({ workspaces, session, startRecording, log }),
    ...forwardRoutes({ workspaces }),
  ];
};
