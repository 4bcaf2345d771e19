import { routes } from "@k8shell/contract";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Client } from "@k8shell/rpc";
import { redirectPath } from "../auth/redirect-path.ts";
import { ApiError } from "../http/api-error.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  json,
  noContent,
  type RequestContext,
} from "../http/handler.ts";
import type { AppHostFeature } from "../proxy/app-host.ts";
import { reservedPrefix } from "../proxy/names.ts";
import { createLink, type PortRecord } from "../proxy/shares.ts";
import { targetWorkspace } from "./workspaces.ts";

export interface PortRoutesDeps {
  readonly appHost: Pick<
    AppHostFeature,
    "shares" | "appSessions" | "mayUse" | "hosts" | "placeOf" | "originOf" | "urlOf"
  >;
  readonly identity: Client<typeof IdentityService>;
  readonly publicUrl: () => string;
}

const maxLinks = 50;
const defaultLinkSeconds = 86_400;

/** Endpoints of sharing ports, and the API's side of signing in to app hosts. */
export const portRoutes = ({ appHost, identity, publicUrl }: PortRoutesDeps): BoundRoute[] => {
  const { shares, appSessions, mayUse, hosts, placeOf, originOf, urlOf } = appHost;

  const unshared = (workspace: WorkspaceDetails, port: number): PortRecord => ({
    workspace: workspace.name,
    owner: workspace.username,
    port,
    share: "owner",
    links: [],
    changedBy: workspace.username,
  });
  const recordOf = (workspace: WorkspaceDetails, port: number): PortRecord => {
    const record = shares.get(workspace.name, port);
    return record?.owner === workspace.username ? record : unshared(workspace, port);
  };
  const valid = ({ links }: PortRecord) => links.filter(({ expiresAt }) => expiresAt > Date.now());
  const portJson = async (record: PortRecord) => ({
    port: record.port,
    url: await urlOf(record.workspace, record.port),
    share: record.share,
    cors: record.cors ?? [],
    links: valid(record).map(({ id, createdAt, expiresAt, createdBy }) => ({
      id,
      createdAt: new Date(createdAt).toISOString(),
      expiresAt: new Date(expiresAt).toISOString(),
      createdBy,
    })),
  });

  /** Where a browser signs in and comes back from; undefined when there is more than one way. */
  const signInAddress = async (back: string): Promise<string> => {
    const { providers } = await identity.getAvailableIdentityProviders({});
    const web = providers.filter(({ capabilities }) => capabilities.includes("OnboardUserWebFlow"));
    const [only] = web;
    if (!only || web.length > 1) return `${publicUrl()}/?${new URLSearchParams({ redirect: back })}`;
    const callback = `${publicUrl()}/auth/callback?${new URLSearchParams({ provider: only.name, redirect: back })}`;
    return `${publicUrl()}/api/v1/auth/login?${new URLSearchParams({ provider: only.name, redirect_uri: callback })}`;
  };

  const redirect = ({ reply, requestId }: RequestContext, location: string): HandlerResult => {
    reply.raw.writeHead(303, {
      location,
      "x-request-id": requestId,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "content-length": "0",
    });
    reply.raw.end();
    return handled;
  };

  return [
    bind(routes.listPorts, async ({ target }) => {
      const workspace = targetWorkspace(target);
      const own = shares.list(workspace.name).filter(({ owner }) => owner === workspace.username);
      return json(200, await Promise.all(own.map(portJson)));
    }),
    bind(routes.getPort, async ({ target, params }) =>
      json(200, await portJson(recordOf(targetWorkspace(target), params.port))),
    ),
    bind(routes.setPort, async ({ target, params, body, principal, log }) => {
      const workspace = targetWorkspace(target);
      const record = await shares.change(unshared(workspace, params.port), (known) => ({
        ...known,
        share: body.share,
        cors: body.cors ?? known.cors,
        links: valid(known),
        changedBy: principal.username,
      }));
      log.info(
        { audit: "port", workspace: workspace.name, port: params.port, share: body.share },
        "port shared",
      );
      return json(200, await portJson(record));
    }),
    bind(routes.unsharePort, async ({ target, params, log }) => {
      const workspace = targetWorkspace(target);
      await shares.remove(workspace.name, params.port);
      log.info({ audit: "port", workspace: workspace.name, port: params.port }, "port no longer shared");
      return noContent();
    }),
    bind(routes.createPortLink, async ({ target, params, body, principal, log }) => {
      const workspace = targetWorkspace(target);
      const { token, link } = createLink(principal.username, (body.expires_in ?? defaultLinkSeconds) * 1000);
      await shares.change(unshared(workspace, params.port), (known) => {
        const links = valid(known);
        if (links.length >= maxLinks) {
          throw new ApiError("conflict", `A port has at most ${maxLinks} links: withdraw one first.`);
        }
        return { ...known, links: [...links, link], changedBy: principal.username };
      });
      log.info({ audit: "port", workspace: workspace.name, port: params.port, link: link.id }, "link made");
      const query = new URLSearchParams({ link: token, next: redirectPath(body.next ?? "/") });
      return json(201, {
        id: link.id,
        url: `${await urlOf(workspace.name, params.port)}${reservedPrefix}open?${query}`,
        token,
        expiresAt: new Date(link.expiresAt).toISOString(),
      });
    }),
    bind(routes.deletePortLink, async ({ target, params }) => {
      const workspace = targetWorkspace(target);
      const record = recordOf(workspace, params.port);
      if (!record.links.some(({ id }) => id === params.id)) {
        throw new ApiError("not_found", `There is no link ${params.id}.`);
      }
      await shares.change(record, (known) => ({
        ...known,
        links: known.links.filter(({ id }) => id !== params.id),
      }));
      return noContent();
    }),
    bind(routes.appSignIn, async (context) => {
      const { query, principalIfAny: principal, requestId } = context;
      const host = hosts(query.host);
      const place = host && placeOf(host);
      if (!host || !place) throw new ApiError("not_found", "This is not the address of an app.");
      if (principal?.credential.kind !== "session") {
        return redirect(context, await signInAddress(context.request.raw.url ?? "/"));
      }
      await mayUse(principal, place, requestId);
      const next = redirectPath(query.next);
      const code = await appSessions.issueCode({
        host: host.host,
        ...place,
        sessionId: principal.credential.sessionId,
        username: principal.username,
        next: next.startsWith(reservedPrefix) ? "/" : next,
        binding: query.binding,
      });
      return redirect(context, `${originOf(host)}${reservedPrefix}callback?code=${code}`);
    }),
  ];
};
