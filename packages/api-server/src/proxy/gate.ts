import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import { toApiError } from "../http/errors.ts";
import type { OutageLog } from "../http/outage-log.ts";
import type { RateLimits } from "../limits/rate-limits.ts";
import { type Answer, isNavigation, problemAnswer } from "./answer.ts";
import type { Callers } from "./caller.ts";
import { preflightAnswer } from "./cors.ts";
import { type Evidence, isForeign, readEvidence, type SessionCookie } from "./evidence.ts";
import type { Admission, Admit, AppPlace, Grant } from "./grant.ts";
import type { RequestHead } from "./head.ts";
import type { AppHost } from "./label.ts";
import { reservedPrefix } from "./names.ts";
import type { createTokenKinds, TokenKind } from "./own-tokens.ts";
import type { PortPolicy } from "./port-policy.ts";
import type { PortRecord, Shares } from "./shares.ts";
import type { createWays } from "./way.ts";

export interface GateDeps {
  readonly callers: Callers;
  readonly policy: PortPolicy;
  readonly wayTo: ReturnType<typeof createWays>;
  readonly tokenKindOf: ReturnType<typeof createTokenKinds>;
  readonly shares: Pick<Shares, "get">;
  /** Absent: no limits. */
  readonly rateLimits: RateLimits | undefined;
  readonly placeOf: (host: AppHost) => AppPlace | undefined;
  readonly sessionCookie: SessionCookie;
  /** Scheme of an app host, as its users' browsers see it. */
  readonly schemeOf: (host: AppHost) => "http" | "https";
  readonly isSecure: (host: AppHost) => boolean;
  /** Serves what is below the reserved prefix. */
  readonly reserved: (head: RequestHead, host: AppHost, evidence: Evidence) => Promise<Answer>;
  /** Sends a browser to sign in. */
  readonly toSignIn: (head: RequestHead, host: AppHost, evidence: Evidence) => Answer;
  /** Logs failures of what lies behind. */
  readonly outages: OutageLog;
  readonly log: Logger;
}

type Outcome =
  | { readonly kind: "granted"; readonly grant: Grant }
  | { readonly kind: "unauthenticated"; readonly error: ApiError }
  | { readonly kind: "refused"; readonly error: ApiError }
  /** Nobody could tell. */
  | { readonly kind: "unknown"; readonly error: ApiError };

interface Known {
  readonly outcome: Outcome;
  readonly checkedAt: number;
}

/** One request with what is known of its sender. */
interface Asked {
  readonly evidence: Evidence;
  readonly host: AppHost;
  readonly place: AppPlace;
  /** Equal for requests that are decided alike. */
  readonly key: string;
  readonly address: string;
}

/** How long a decision is used without asking again, milliseconds. Revocation must take effect within 5 s. */
const decisionMs = 2_000;
/** How long somebody may do nothing and then goes on, rather than opening the app anew, milliseconds. */
const openMs = 60_000;
const signInText =
  "Sign in to use this app: send an access token in the header K8shell-Authorization, or open it in a browser.";

const titles: Readonly<Record<string, string>> = {
  not_found: "There is no such app",
  forbidden: "You may not use this app",
  workspace_not_running: "The workspace is stopped",
  unavailable: "Not available now",
  too_many_requests: "Too many requests",
};

const answerOf = (error: ApiError, head: RequestHead): Answer =>
  problemAnswer(
    {
      status: error.status,
      code: error.code,
      title: titles[error.code] ?? "This did not work",
      message: error.message,
      headers: Object.entries(error.headers),
      requestId: randomUUID(),
    },
    isNavigation(head),
  );
const refusal = (error: ApiError, head: RequestHead): Admission => ({
  kind: "answer",
  answer: answerOf(error, head),
});

const signIn = () => new ApiError("unauthenticated", signInText);
const showsCredential = ({ token, cookies, session }: Evidence): boolean =>
  token !== undefined || cookies.length > 0 || session !== undefined;

/**
 * The one guard of app hosts, for requests and WebSockets alike: whose app, who asks, may they. What was decided is
 * remembered for a moment and shared by requests that show the same.
 */
export const createGate = (deps: GateDeps): Admit => {
  const { callers, policy, wayTo, shares, rateLimits, placeOf, outages, log } = deps;
  const known = new LRUCache<string, Known>({ max: 10_000, ttl: openMs });
  const asking = new Map<string, Promise<Outcome>>();

  /** A decision that is used without asking again. */
  const isFresh = ({ checkedAt }: Known): boolean => Date.now() - checkedAt < decisionMs;

  const decide = async (asked: Asked, requestId: string, isOpen: boolean): Promise<Outcome> => {
    const { evidence, host, place } = asked;
    const grant = async (principal: Principal | undefined, record: PortRecord | undefined, from: Workspace) =>
      ({
        kind: "granted",
        grant: {
          ...place,
          ...(await wayTo(from, host, place, principal?.username, record?.cors)),
          principal,
          owner: from.username,
          mayStay: () => mayStay(asked),
        },
      }) as const;

    const principal = await callers.personOf(evidence, host);
    let refused: ApiError | undefined;
    if (principal) {
      try {
        const workspace = isOpen
          ? await policy.mayKeep(principal, place)
          : await policy.mayUse(principal, place, requestId);
        return await grant(principal, policy.shareInForce(workspace, place.port), workspace);
      } catch (error) {
        // Whom policy refuses may still come in as everybody may.
        if (!(error instanceof ApiError) || error.status !== 403) throw error;
        refused = error;
      }
    }
    const shared = shares.get(place.workspace, place.port);
    if (shared && (shared.share === "public" || shared.links.length > 0)) {
      const workspace = await policy.workspaceOf(place);
      const record = policy.shareInForce(workspace, place.port);
      const isWelcome = record?.share === "public" || (await callers.linkOf(evidence, host, record));
      if (isWelcome) return await grant(undefined, record, workspace);
    }
    return refused ? { kind: "refused", error: refused } : { kind: "unauthenticated", error: signIn() };
  };

  const failed = (cause: unknown, place: AppPlace, requestId: string): Outcome => {
    const error = toApiError(cause);
    if (error.status >= 500) {
      const fields = { err: cause, requestId, ...place };
      const message = "no decision about an app";
      if (!outages.take(error, fields, message)) log.error(fields, message);
      return { kind: "unknown", error };
    }
    return { kind: error.status === 401 ? "unauthenticated" : "refused", error };
  };

  /** Every opening, and every refusal, by whom and of what. */
  const audit = (outcome: Outcome, { place, address, host }: Asked, requestId: string) => {
    const share = shares.get(place.workspace, place.port)?.share;
    const username = outcome.kind === "granted" ? outcome.grant.principal?.username : undefined;
    log.info(
      { audit: "app", ...place, host: host.host, username, share, clientIp: address, requestId },
      outcome.kind === "granted" ? "app opened" : "app refused",
    );
  };

  /** Decides, at most once at a time for each caller and app, and remembers it for a moment. */
  const ask = (asked: Asked): Promise<Outcome> => {
    const { key, place, evidence, address } = asked;
    const recent = known.get(key);
    if (recent && isFresh(recent)) return Promise.resolve(recent.outcome);
    const running = asking.get(key);
    if (running) return running;
    const requestId = randomUUID();
    const begun = Date.now();
    const pending = decide(asked, requestId, recent?.outcome.kind === "granted")
      .catch((error: unknown) => failed(error, place, requestId))
      .then((outcome) => {
        if (recent?.outcome.kind !== outcome.kind) audit(outcome, asked, requestId);
        if (outcome.kind === "unauthenticated" && showsCredential(evidence)) {
          rateLimits?.countFailure(address);
        }
        known.set(key, { outcome, checkedAt: begun });
        return outcome;
      })
      .finally(() => asking.delete(key));
    asking.set(key, pending);
    return pending;
  };

  const mayStay = async (asked: Asked): Promise<boolean> => {
    const { kind } = await ask(asked);
    return kind === "granted" || kind === "unknown";
  };

  /** Undefined: within the limits. */
  const overLimit = (
    group: "requests" | "sign-in",
    principal: Principal | undefined,
    address: string,
  ): ApiError | undefined => {
    try {
      rateLimits?.count(group, principal, address);
      return undefined;
    } catch (error) {
      return toApiError(error);
    }
  };

  const admission = (outcome: Outcome, head: RequestHead, asked: Asked, kind: TokenKind): Admission => {
    const principal = outcome.kind === "granted" ? outcome.grant.principal : undefined;
    const limited = overLimit("requests", principal, asked.address);
    if (limited) return refusal(limited, head);
    if (outcome.kind === "granted") {
      return { kind: "admit", grant: outcome.grant, hidesAuthorization: kind !== "app" };
    }
    const { evidence, host } = asked;
    if (outcome.kind === "unauthenticated" && evidence.token === undefined && isNavigation(head)) {
      return { kind: "answer", answer: deps.toSignIn(head, host, evidence) };
    }
    return refusal(outcome.error, head);
  };

  /** What counts of the evidence; an answer when a page of another site uses what is not for it. */
  const counting = (head: RequestHead, host: AppHost, evidence: Evidence, record: PortRecord | undefined) => {
    if (evidence.token !== undefined || !showsCredential(evidence)) return evidence;
    const publicOrigin = `${deps.schemeOf(host)}://${host.host}`;
    const isAllowed = evidence.origin !== undefined && record?.cors?.includes(evidence.origin);
    if (isAllowed || !isForeign(evidence, head, publicOrigin)) return evidence;
    // Everybody may use a public app; just not as this user.
    if (record?.share === "public") return { ...evidence, cookies: [], session: undefined };
    return new ApiError(
      "origin_not_allowed",
      "A page of another site may not use this app with your session.",
    );
  };

  const judge = (
    head: RequestHead,
    asked: Omit<Asked, "key">,
    kind: TokenKind,
  ): Admission | Promise<Admission> => {
    const { host, place, address } = asked;
    // The token of a link is for this app alone, so callers that can send no other header may show it here.
    const isLink = kind === "link" && asked.evidence.token === undefined;
    const shown = isLink ? { ...asked.evidence, token: asked.evidence.authorization } : asked.evidence;
    const record = shares.get(place.workspace, place.port);
    if (shown.preflight && shown.token === undefined) {
      // Browsers send it without credentials.
      const { origin } = shown;
      if (origin !== undefined && record?.cors?.includes(origin)) {
        return { kind: "answer", answer: preflightAnswer(head, origin) };
      }
      if (record?.share !== "public") return refusal(signIn(), head);
    }
    const evidence = counting(head, host, shown, record);
    if (evidence instanceof ApiError) return refusal(evidence, head);
    const credential = evidence.token === undefined ? `c${evidence.cookies.join(";")}` : `t${evidence.token}`;
    const complete = {
      evidence,
      host,
      place,
      address,
      key: `${host.host}\n${credential}\n${evidence.session ?? ""}`,
    };
    const recent = known.get(complete.key);
    if (recent && isFresh(recent)) {
      return admission(recent.outcome, head, complete, kind);
    }
    try {
      // Whoever tries many wrong credentials is not answered.
      if (!recent && showsCredential(evidence)) rateLimits?.refuseGuessing(address);
    } catch (error) {
      return refusal(toApiError(error), head);
    }
    return ask(complete).then((outcome) => admission(outcome, head, complete, kind));
  };

  return (head, host, address) => {
    const place = placeOf(host);
    if (!place) {
      const message =
        "This is not the address of an app: those are <port>--<workspace>, with a port from 1 to 65535.";
      return refusal(new ApiError("not_found", message), head);
    }
    const evidence = readEvidence(head, deps.isSecure(host), deps.sessionCookie);
    if (head.target.startsWith(reservedPrefix)) {
      const limited = overLimit("sign-in", undefined, address);
      if (limited) return refusal(limited, head);
      return deps
        .reserved(head, host, evidence)
        .catch((error: unknown) => answerOf(toApiError(error), head))
        .then((answer) => ({ kind: "answer", answer }));
    }
    if (evidence.token === null) {
      return refusal(new ApiError("unauthenticated", "Send one K8shell-Authorization header only."), head);
    }
    const asked = { evidence, host, place, address };
    const kind = evidence.authorization === undefined ? "app" : deps.tokenKindOf(evidence.authorization);
    return typeof kind === "string"
      ? judge(head, asked, kind)
      : kind.then((known) => judge(head, asked, known));
  };
};

type Workspace = Awaited<ReturnType<PortPolicy["workspaceOf"]>>;
