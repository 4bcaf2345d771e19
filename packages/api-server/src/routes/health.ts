import { routes } from "@k8shell/contract";
import { ApiError } from "../http/api-error.ts";
import { type BoundRoute, bind, json } from "../http/handler.ts";

/** State of one service behind the gateway. */
export interface BackendHealth {
  readonly status: "ok" | "down" | "disabled";
  readonly mode: "embedded" | "remote";
  readonly detail?: string;
}

export interface HealthRoutesDeps {
  readonly version: string;
  /** Asks every backend; answers within a second or so. */
  backends(): Promise<Readonly<Record<string, BackendHealth>>>;
  /** How workspaces are kept apart; undefined when that is not this server's business. */
  isolation(): { mode: string; detail: string } | undefined;
  /** The server is stopping. */
  isDraining(): boolean;
}

/** Is any backend that is needed for every request away? */
const anyDown = (backends: Readonly<Record<string, BackendHealth>>): boolean =>
  Object.values(backends).some(({ status }) => status === "down");

/** Health and probes. `healthcheck` stays 200 while the process works at all; `readyz` is for load balancers. */
export const healthRoutes = ({
  version,
  backends,
  isolation,
  isDraining,
}: HealthRoutesDeps): BoundRoute[] => [
  bind(routes.healthcheck, async () => {
    const states = await backends();
    return json(200, {
      status: anyDown(states) ? "degraded" : "ok",
      version,
      time: new Date().toISOString(),
      uptimeSeconds: Math.floor(process.uptime()),
      backends: states,
      isolation: isolation(),
    });
  }),
  bind(routes.livez, () => json(200, { status: "ok" })),
  bind(routes.readyz, async () => {
    if (isDraining()) throw new ApiError("unavailable", "The server is stopping.");
    if (anyDown(await backends())) {
      throw new ApiError(
        "unavailable",
        "A service behind the gateway does not answer; see /api/v1/healthcheck.",
      );
    }
    return json(200, { status: "ok" });
  }),
];
