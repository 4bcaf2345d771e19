import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { LRUCache } from "lru-cache";
import type { WorkspaceClient, WorkspaceConnector } from "../backends/backends.ts";
import type { AppPlace } from "./grant.ts";
import type { AppHost } from "./label.ts";
import { createRewriter, type Rewriter } from "./rewrite.ts";
import { createTlsOpener } from "./tls-stream.ts";
import type { UpstreamTarget } from "./upstreams.ts";

/** How one person's requests get to an app. */
export interface Way {
  readonly target: UpstreamTarget;
  readonly rewriter: Rewriter;
}

export interface WayDeps {
  readonly workspaces: Pick<WorkspaceConnector, "connect">;
  /** The platform's session cookie, which no app may see or set. */
  readonly sessionCookie: string;
  /** Scheme of an app host, as its users' browsers see it. */
  readonly schemeOf: (host: AppHost) => "http" | "https";
}

/** How long it is believed which protocol an app speaks, milliseconds. */
const protocolMs = 10_000;
/** How long a daemon may take to tell its apps, milliseconds. */
const listAppsMs = 3_000;

/**
 * Builds the way to an app.
 * @param username undefined where nobody is signed in; connections to the app are not shared between people
 * @param cors origins whose pages may read the app; undefined: its own headers count
 * @throws ApiError workspace_not_running
 */
export const createWays = ({ workspaces, sessionCookie, schemeOf }: WayDeps) => {
  const protocols = new LRUCache<string, boolean>({ max: 10_000, ttl: protocolMs });

  /** Is it an app that the blueprint declares with `protocol: https`? */
  const speaksTls = async (daemon: WorkspaceClient, key: string, port: number): Promise<boolean> => {
    const known = protocols.get(key);
    if (known !== undefined) return known;
    const listed = await daemon.apps.listApps({}, { timeoutMs: listAppsMs }).catch(() => undefined);
    if (!listed) return false;
    const found = listed.apps.some((app) => app.port === port && app.protocol.toLowerCase() === "https");
    protocols.set(key, found);
    return found;
  };

  return async (
    workspace: WorkspaceDetails,
    host: AppHost,
    { port }: AppPlace,
    username: string | undefined,
    cors: readonly string[] | undefined,
  ): Promise<Way> => {
    const daemon = workspaces.connect(workspace);
    const place = [workspace.namespace, workspace.name, workspace.podIp, port];
    const isTls = await speaksTls(daemon, JSON.stringify(place), port);
    const localHost = `localhost:${port}`;
    return {
      target: {
        key: JSON.stringify([...place, isTls, username ?? null]),
        host: "localhost",
        port,
        open: isTls ? createTlsOpener(daemon.forward) : daemon.forward,
      },
      rewriter: createRewriter({
        sessionCookie,
        publicOrigin: `${schemeOf(host)}://${host.host}`,
        localHost,
        localOrigin: `${isTls ? "https" : "http"}://${localHost}`,
        cors,
      }),
    };
  };
};
