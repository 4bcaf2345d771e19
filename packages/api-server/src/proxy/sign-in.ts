import { randomBytes, randomUUID } from "node:crypto";
import { sha256 } from "../auth/hash.ts";
import { redirectPath } from "../auth/redirect-path.ts";
import { ApiError } from "../http/api-error.ts";
import { type Answer, isNavigation, problemAnswer } from "./answer.ts";
import type { AppSessions } from "./app-sessions.ts";
import type { Evidence } from "./evidence.ts";
import type { AppPlace } from "./grant.ts";
import type { RequestHead } from "./head.ts";
import type { AppHost } from "./label.ts";
import {
  plainBindingName,
  plainCookieName,
  reservedPrefix,
  secureBindingName,
  secureCookieName,
} from "./names.ts";
import { type Shares, validLink } from "./shares.ts";

export interface AppSignInDeps {
  readonly appSessions: AppSessions;
  readonly shares: Shares;
  readonly placeOf: (host: AppHost) => AppPlace | undefined;
  readonly isSecure: (host: AppHost) => boolean;
  /** Origin of the API that signs people in to this app host. */
  readonly apiOrigin: (host: AppHost) => string;
}

export interface AppSignIn {
  /** Sends a browser to the API's host to show who it is. */
  begin(head: RequestHead, host: AppHost, evidence: Evidence): Answer;
  /** Serves what is below the reserved prefix of an app host. @throws ApiError */
  serve(head: RequestHead, host: AppHost, evidence: Evidence): Promise<Answer>;
}

/** Path of the API's side of the sign-in. */
export const appSignInPath = "/api/v1/app-sign-in";

const bindingShape = /^[A-Za-z0-9_-]{43}$/;
const noStore: ReadonlyArray<readonly [string, string]> = [
  ["cache-control", "no-store"],
  ["referrer-policy", "no-referrer"],
];

/** Host-only, not for scripts. Browsers take `Secure` on names below localhost too, and with it the `__Host-` prefix. */
const cookie = (name: string, value: string, secure: boolean, maxAge: number | undefined): string =>
  [
    `${name}=${value}`,
    "Path=/",
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
    "HttpOnly",
    ...(secure ? ["Secure"] : []),
    "SameSite=Lax",
  ].join("; ");

const redirectTo = (location: string, cookies: readonly string[]): Answer => ({
  status: 303,
  headers: [...noStore, ["location", location], ...cookies.map((value) => ["set-cookie", value] as const)],
});

/**
 * Signing in to app hosts. The API's session cookie is for the API's host only; an app host gets a cookie of its own by
 * way of a one-time code, which is tied to the host and to the browser that began.
 */
export const createAppSignIn = (deps: AppSignInDeps): AppSignIn => {
  const { appSessions, shares } = deps;

  const nameOf = (host: AppHost) => (deps.isSecure(host) ? secureCookieName : plainCookieName);
  const bindingOf = (host: AppHost) => (deps.isSecure(host) ? secureBindingName : plainBindingName);

  const complete = async (query: URLSearchParams, host: AppHost, evidence: Evidence): Promise<Answer> => {
    const [binding] = evidence.bindings;
    if (binding === undefined || evidence.bindings.length > 1) {
      throw new ApiError(
        "bad_request",
        "This sign-in was begun in another browser, or the browser keeps no cookies for this address.",
      );
    }
    const code = await appSessions.takeCode(query.get("code") ?? "", host.host, binding);
    if (!code) {
      throw new ApiError("bad_request", "This sign-in has expired or was used already: open the app again.");
    }
    const { workspace, port, sessionId, username } = code;
    const value = await appSessions.create({ host: host.host, workspace, port, sessionId, username });
    const secure = deps.isSecure(host);
    return redirectTo(code.next, [
      cookie(nameOf(host), value, secure, undefined),
      cookie(bindingOf(host), "", secure, 0),
    ]);
  };

  const openLink = async (query: URLSearchParams, host: AppHost): Promise<Answer> => {
    const place = deps.placeOf(host);
    const token = query.get("link") ?? "";
    const link = place && validLink(shares.get(place.workspace, place.port), token);
    if (!place || !link) throw new ApiError("forbidden", "This link has expired or was withdrawn.");
    const value = await appSessions.create({ host: host.host, ...place, link: link.hash });
    const seconds = Math.max(1, Math.floor((link.expiresAt - Date.now()) / 1000));
    const next = redirectPath(query.get("next") ?? "/");
    return redirectTo(next.startsWith(reservedPrefix) ? "/" : next, [
      cookie(nameOf(host), value, deps.isSecure(host), seconds),
    ]);
  };

  const signOut = async (head: RequestHead, host: AppHost, evidence: Evidence): Promise<Answer> => {
    if (head.method !== "POST") throw new ApiError("method_not_allowed", "Use POST here.");
    if (evidence.site !== undefined && evidence.site !== "same-origin" && evidence.site !== "none") {
      throw new ApiError("origin_not_allowed", "A page of another site may not sign you out.");
    }
    for (const value of evidence.cookies.slice(0, 4)) await appSessions.end(value);
    return {
      status: 204,
      headers: [...noStore, ["set-cookie", cookie(nameOf(host), "", deps.isSecure(host), 0)]],
    };
  };

  return {
    begin(head, host, evidence) {
      // Several tabs that begin at once share one binding.
      const known = evidence.bindings.length === 1 ? evidence.bindings[0] : undefined;
      const binding = known && bindingShape.test(known) ? known : randomBytes(32).toString("base64url");
      const query = new URLSearchParams({
        host: host.host,
        next: redirectPath(head.target),
        binding: sha256(binding),
      });
      return redirectTo(`${deps.apiOrigin(host)}${appSignInPath}?${query}`, [
        cookie(bindingOf(host), binding, deps.isSecure(host), 15 * 60),
      ]);
    },
    async serve(head, host, evidence) {
      const [path = "", search = ""] = head.target.split("?", 2);
      const query = new URLSearchParams(search);
      try {
        if (path === `${reservedPrefix}sign-out`) return await signOut(head, host, evidence);
        if (head.method !== "GET") throw new ApiError("method_not_allowed", "Use GET here.");
        if (path === `${reservedPrefix}callback`) return await complete(query, host, evidence);
        if (path === `${reservedPrefix}open`) return await openLink(query, host);
        throw new ApiError("not_found", "There is nothing at this address.");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return problemAnswer(
          {
            status: error.status,
            code: error.code,
            title: "Signing in to the app did not work",
            message: error.message,
            requestId: randomUUID(),
          },
          isNavigation(head),
        );
      }
    },
  };
};
