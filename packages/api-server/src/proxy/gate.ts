import { randomUUID } from "node:crypto";
import type { WorkspaceDetails } from "@k8shell/contract/gen/common/v1/common_pb.js";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Authenticate } from "../auth/authenticate.ts";
import type { Principal } from "../auth/principal.ts";
import type { Authorize } from "../authz/authorize.ts";
import type { WorkspaceConnector } from "../backends/backends.ts";
import { ApiError } from "../http/api-error.ts";
import { toApiError } from "../http/errors.ts";
import { type Answer, isNavigation, problemAnswer } from "./answer.ts";
import type { AppSessions } from "./app-sessions.ts";
import { type Evidence, isForeign, readEvidence } from "./evidence.ts";
import type { Admission, Admit, Grant, Peer } from "./grant.ts";
import type { RequestHead } from "./head.ts";
import type { AppHost, AppLabel } from "./label.ts";
import { reservedPrefix } from "./names.ts";
import { createRewriter } from "./rewrite.ts";
import type { PortRecord, Shares } from "./shares.ts";
import { validLink } from "./shares.ts";
import { createTlsOpener } from "./tls-stream.ts";

/** Where an app is, as everybody names it. */
export interface AppPlace {
  readonly workspace: string;
  readonly port: number;
}

export interface GateDeps {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  /** The caller of a web session by its id. @throws ApiError session_expired, account_locked, unavailable */
  readonly callerOfSession: (sessionId: string) => Promise<Principal>;
  readonly isLocked: (username: string) => boolean;
  readonly findWorkspace: (name: string) => Promise<WorkspaceDetails | undefined>;
  readonly workspaces: WorkspaceConnector;
  readonly shares: Shares;
  readonly appSessions: AppSessions;
  readonly sessionCookie: string;
  /** App hosts get the platform's session cookie too (`http.cookie.domain`). */
  readonly hasSharedCookie: boolean;
  /** Scheme of an app host, as its users' browsers see it. */
  readonly schemeOf: (host: AppHost) => "http" | "https";
  readonly isSecure: (host: AppHost) => boolean;
  /** Serves what is below the reserved prefix. */
  readonly reserved: (head: RequestHead, host: AppHost, evidence: Evidence) => Promise<Answer>;
  /** Sends a browser to sign in. */
  readonly toSignIn: (head: RequestHead, host: AppHost, evidence: Evidence) => Answer;
  readonly log: Logger;
}

export interface Gate {
  readonly admit: Admit;
  /**
   * May this caller use the port? By policy, or because it is shared with them.
   * @throws ApiError not_found, forbidden, insufficient_scope, unavailable
   */
  mayUse(principal: Principal, place: AppPlace, requestId: string): Promise<WorkspaceDetails>;
  /** The workspace and port a label stands for. */
  placeOf(label: AppLabel): AppPlace | undefined;
  /** Scheme of an app host, as its users' browsers see it. */
  schemeOf(host: AppHost): "http" | "https";
}

type Outcome =
  | { readonly kind: "granted"; readonly grant: Grant }
  | { readonly kind: "unauthenticated"; readonly message: string }
  | { readonly kind: "refused"; readonly error: ApiError };

interface Known {
  readonly outcome: Outcome;
  readonly checkedAt: number;
}

/** How long a decision is used without asking again, milliseconds. Revocation must take effect within 5 s. */
const decisionMs = 2_000;
const signInText =
  "Sign in to use this app: send an access token in the header K8shell-Authorization, or open it in a browser.";

const titles: Readonly<Record<string, string>> = {
  not_found: "There is no such app",
  forbidden: "You may not use this app",
  workspace_not_running: "The workspace is stopped",
  unavailable: "Not available now",
};

const answerOf = (error: ApiError, head: RequestHead): Answer =>
  problemAnswer(
    {
      status: error.status,
      code: error.code,
      title: titles[error.code] ?? "This did not work",
      message: error.message,
      requestId: randomUUID(),
    },
    isNavigation(head),
  );

/** Decides who may use which app. */
export const createGate = (deps: GateDeps): Gate => {
  const { authorize, shares, appSessions, workspaces, log } = deps;
  const known = new LRUCache<string, Known>({ max: 10_000, ttl: 60_000 });
  const asking = new Map<string, Promise<Outcome>>();
  const sessionCookie = deps.hasSharedCookie ? deps.sessionCookie : undefined;

  const placeOf = (label: AppLabel): AppPlace | undefined => {
    const workspace = "workspace" in label ? label.workspace : shares.byShortName(label.short);
    return workspace === undefined ? undefined : { workspace, port: label.port };
  };

  const portAction = (port: number, share: string | undefined) => ({
    package: "workspace" as const,
    action: "workspace:connect",
    scope: "workspace:connect:portforward",
    context: { type: "portforward", port: String(port), ...(share === undefined ? {} : { share }) },
  });

  const isSharedWith = (principal: Principal, workspace: WorkspaceDetails, record: PortRecord): boolean =>
    record.share === "authenticated" ||
    record.share === "public" ||
    (record.share === "organization" && principal.org !== "" && principal.org === workspace.organization);

  const shareOf = (workspace: WorkspaceDetails, port: number): PortRecord | undefined => {
    const record = shares.get(workspace.name, port);
    const inForce = record?.owner === workspace.username && !deps.isLocked(record.owner);
    return inForce ? record : undefined;
  };

  const found = async ({ workspace: name, port }: AppPlace): Promise<WorkspaceDetails> => {
    const workspace = await deps.findWorkspace(name);
    if (workspace) return workspace;
    // Nothing of a deleted workspace must be there for a later namesake.
    if (shares.get(name, port)) await shares.remove(name, port);
    throw new ApiError("not_found", `There is no workspace ${name.slice(0, 128)}.`);
  };

  const mayUse: Gate["mayUse"] = async (principal, place, requestId) => {
    const workspace = await found(place);
    const resource = {
      type: "workspace" as const,
      id: workspace.name,
      attributes: { owner: workspace.username },
    };
    const record = shareOf(workspace, place.port);
    const share = record && isSharedWith(principal, workspace, record) ? record.share : undefined;
    const isOwner = principal.username === workspace.username;
    await authorize(principal, portAction(place.port, isOwner ? undefined : share), resource, requestId);
    return workspace;
  };

  /** The caller, undefined when nobody is signed in. */
  const callerOf = async (evidence: Evidence, host: AppHost): Promise<Principal | undefined> => {
    if (evidence.token !== undefined && evidence.token !== null) {
      return deps.authenticate({ headers: { authorization: evidence.token }, rawHeaders: [] });
    }
    try {
      // Somebody who can set cookies here (a neighbour below the same domain) could set one of their own: none counts.
      const [cookie] = evidence.cookies;
      if (cookie !== undefined && evidence.cookies.length === 1) {
        const session = await appSessions.find(cookie, host.host);
        if (session?.sessionId !== undefined) return await deps.callerOfSession(session.sessionId);
      }
      if (evidence.session !== undefined) {
        return await deps.authenticate({ headers: { cookie: evidence.session }, rawHeaders: [] });
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
    }
    return undefined;
  };

  /** Is there a valid link behind what was shown? */
  const hasLink = async (evidence: Evidence, host: AppHost, record: PortRecord | undefined) => {
    if (!record) return false;
    const token = /^bearer +(k8al_[A-Za-z0-9_-]{43}) *$/i.exec(evidence.token ?? "")?.[1];
    if (token !== undefined) return validLink(record, token) !== undefined;
    const [cookie] = evidence.cookies;
    if (cookie === undefined || evidence.cookies.length > 1) return false;
    const session = await appSessions.find(cookie, host.host);
    return record.links.some(({ hash, expiresAt }) => hash === session?.link && expiresAt > Date.now());
  };

  const openerOf = async (workspace: WorkspaceDetails, port: number) => {
    const daemon = workspaces.connect(workspace);
    const { apps } = await daemon.apps.listApps({}, { timeoutMs: 3_000 }).catch(() => ({ apps: [] }));
    const isHttps = apps.some((app) => app.port === port && app.protocol.toLowerCase() === "https");
    return { isHttps, open: isHttps ? createTlsOpener(daemon.forward) : daemon.forward };
  };

  const grantFor = async (
    workspace: WorkspaceDetails,
    host: AppHost,
    place: AppPlace,
    username: string | undefined,
    recheck: () => Promise<boolean>,
  ): Promise<Grant> => {
    const { port } = place;
    const { isHttps, open } = await openerOf(workspace, port);
    const localHost = `localhost:${port}`;
    return {
      ...place,
      username,
      target: {
        key: JSON.stringify([
          workspace.namespace,
          workspace.name,
          workspace.podIp,
          port,
          isHttps,
          username ?? null,
        ]),
        host: "localhost",
        port,
        open,
      },
      rewriter: createRewriter({
        sessionCookie: deps.sessionCookie,
        publicOrigin: `${deps.schemeOf(host)}://${host.host}`,
        localHost,
        localOrigin: `${isHttps ? "https" : "http"}://${localHost}`,
        cors: shareOf(workspace, port)?.cors,
      }),
      recheck,
    };
  };

  const isRefusal = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 403;

  const decide = async (
    evidence: Evidence,
    host: AppHost,
    place: AppPlace,
    key: string,
    requestId: string,
  ): Promise<Outcome> => {
    const recheck = async () => (await ask(evidence, host, place, key)).kind === "granted";
    const isLinkToken = /^bearer +k8al_/i.test(evidence.token ?? "");
    const principal = isLinkToken ? undefined : await callerOf(evidence, host);
    let refusal: ApiError | undefined;
    if (principal) {
      try {
        const workspace = await mayUse(principal, place, requestId);
        return {
          kind: "granted",
          grant: await grantFor(workspace, host, place, principal.username, recheck),
        };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusal = error;
      }
    }
    const record = shares.get(place.workspace, place.port);
    if (record && (record.share === "public" || record.links.length > 0)) {
      const workspace = await found(place);
      const inForce = shareOf(workspace, place.port);
      if (inForce && (inForce.share === "public" || (await hasLink(evidence, host, inForce)))) {
        return { kind: "granted", grant: await grantFor(workspace, host, place, undefined, recheck) };
      }
    }
    if (refusal) return { kind: "refused", error: refusal };
    return { kind: "unauthenticated", message: signInText };
  };

  const audit = (outcome: Outcome, place: AppPlace, requestId: string) => {
    const username = outcome.kind === "granted" ? outcome.grant.username : undefined;
    log.info(
      { audit: "app", ...place, username, share: shares.get(place.workspace, place.port)?.share, requestId },
      outcome.kind === "granted" ? "app opened" : "app refused",
    );
  };

  /** Decides, at most once at a time for each caller and app, and remembers it for a moment. */
  const ask = (evidence: Evidence, host: AppHost, place: AppPlace, key: string): Promise<Outcome> => {
    const recent = known.get(key);
    if (recent && Date.now() - recent.checkedAt < decisionMs) return Promise.resolve(recent.outcome);
    const running = asking.get(key);
    if (running) return running;
    const requestId = randomUUID();
    const begun = Date.now();
    const pending = decide(evidence, host, place, key, requestId)
      .catch((error: unknown): Outcome => {
        const failure = toApiError(error);
        if (failure.status >= 500) log.warn({ err: error, requestId, ...place }, "no decision about an app");
        if (failure.status === 401) return { kind: "unauthenticated", message: failure.message };
        return { kind: "refused", error: failure };
      })
      .then((outcome) => {
        if (recent?.outcome.kind !== outcome.kind) audit(outcome, place, requestId);
        known.set(key, { outcome, checkedAt: begun });
        return outcome;
      })
      .finally(() => asking.delete(key));
    asking.set(key, pending);
    return pending;
  };

  const admission = (outcome: Outcome, head: RequestHead, host: AppHost, evidence: Evidence): Admission => {
    if (outcome.kind === "granted") return { kind: "admit", grant: outcome.grant };
    if (outcome.kind === "refused") return { kind: "answer", answer: answerOf(outcome.error, head) };
    if (evidence.token === undefined && isNavigation(head)) {
      return { kind: "answer", answer: deps.toSignIn(head, host, evidence) };
    }
    return { kind: "answer", answer: answerOf(new ApiError("unauthenticated", outcome.message), head) };
  };

  /** The answer to a preflight, which browsers send without credentials. Undefined: the app's own. */
  const preflight = (head: RequestHead, { origin }: Evidence, record: PortRecord | undefined) => {
    if (origin !== undefined && record?.cors?.includes(origin)) {
      const asked = head.fields.find(({ name }) => name === "access-control-request-headers")?.value;
      return {
        status: 204,
        headers: [
          ["access-control-allow-origin", origin],
          ["access-control-allow-credentials", "true"],
          ["access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"],
          ...(asked === undefined ? [] : ([["access-control-allow-headers", asked]] as const)),
          ["access-control-max-age", "600"],
          ["vary", "Origin"],
        ],
      } satisfies Answer;
    }
    if (record?.share === "public") return undefined;
    return answerOf(new ApiError("unauthenticated", signInText), head);
  };

  return {
    mayUse,
    placeOf,
    schemeOf: deps.schemeOf,
    admit(head: RequestHead, host: AppHost, _peer: Peer) {
      const place = host.label && placeOf(host.label);
      if (!place) {
        const message =
          "This is not the address of an app: those are <port>--<workspace>, with a port from 1 to 65535.";
        return { kind: "answer", answer: answerOf(new ApiError("not_found", message), head) };
      }
      const evidence = readEvidence(head, deps.isSecure(host), sessionCookie);
      if (head.target.startsWith(reservedPrefix)) {
        return deps
          .reserved(head, host, evidence)
          .catch((error: unknown) => answerOf(toApiError(error), head))
          .then((answer) => ({ kind: "answer", answer }));
      }
      if (evidence.token === null) {
        const error = new ApiError("unauthenticated", "Send one K8shell-Authorization header only.");
        return { kind: "answer", answer: answerOf(error, head) };
      }
      const record = shares.get(place.workspace, place.port);
      if (evidence.preflight && evidence.token === undefined) {
        const answer = preflight(head, evidence, record);
        if (answer) return { kind: "answer", answer };
      }
      const hasCookie = evidence.cookies.length > 0 || evidence.session !== undefined;
      let counted = evidence;
      if (evidence.token === undefined && hasCookie) {
        const publicOrigin = `${deps.schemeOf(host)}://${host.host}`;
        const isAllowed = evidence.origin !== undefined && record?.cors?.includes(evidence.origin);
        if (!isAllowed && isForeign(evidence, head, publicOrigin)) {
          if (record?.share !== "public") {
            const message = "A page of another site may not use this app with your session.";
            return { kind: "answer", answer: answerOf(new ApiError("origin_not_allowed", message), head) };
          }
          // Everybody may use it; just not as this user.
          counted = { ...evidence, cookies: [], session: undefined };
        }
      }
      const shown = counted.token ?? counted.cookies.join(";");
      const key = `${host.host}\n${counted.token === undefined ? "c" : "t"}${shown}\n${counted.session ?? ""}`;
      const recent = known.get(key);
      if (recent && Date.now() - recent.checkedAt < decisionMs) {
        return admission(recent.outcome, head, host, counted);
      }
      return ask(counted, host, place, key).then((outcome) => admission(outcome, head, host, counted));
    },
  };
};
