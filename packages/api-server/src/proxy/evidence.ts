import type { RequestHead } from "./head.ts";
import {
  plainBindingName,
  plainCookieName,
  secureBindingName,
  secureCookieName,
  tokenHeader,
} from "./names.ts";

/** The platform's session cookie. */
export interface SessionCookie {
  readonly name: string;
  /** Browsers send it to app hosts too (`http.cookie.domain`). */
  readonly isShared: boolean;
}

/** What a request shows of its sender. */
export interface Evidence {
  /** Value of `K8shell-Authorization`; null when it was sent more than once. */
  readonly token: string | null | undefined;
  /** Values of the app host's cookie. More than one: somebody else has set one. */
  readonly cookies: readonly string[];
  readonly bindings: readonly string[];
  /** The whole `Cookie` header when it has the platform's session cookie, and it counts here. */
  readonly session: string | undefined;
  /** The app's, or a token of ours where it does not belong. */
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`, which pages cannot forge. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
  readonly preflight: boolean;
}

const none: readonly string[] = [];

/** Only browsers send these, and they send at least one of them when they follow a link, post a form or run a script. */
const ofBrowsers: ReadonlySet<string> = new Set([
  "origin",
  "sec-fetch-site",
  "sec-fetch-mode",
  "upgrade-insecure-requests",
]);

/**
 * Collects what tells who sends a request. The session cookie of a browser counts only where it is shared: elsewhere the
 * API's own browser would not send it, so a page of a neighbour has set it. A program that shows it means it
 * (rest-contract 1.4).
 * @param secure which names the cookies of this host have
 */
export const readEvidence = (
  head: RequestHead,
  secure: boolean,
  { name: sessionCookie, isShared }: SessionCookie,
): Evidence => {
  const cookieName = secure ? secureCookieName : plainCookieName;
  const bindingName = secure ? secureBindingName : plainBindingName;
  let token: string | null | undefined;
  let cookies = none;
  let bindings = none;
  let session: string | undefined;
  let authorization: string | undefined;
  let origin: string | undefined;
  let site: string | undefined;
  let mode: string | undefined;
  let asksMethod = false;
  let isBrowser = false;
  for (const { name, value } of head.fields) {
    isBrowser ||= ofBrowsers.has(name);
    switch (name) {
      case tokenHeader:
        token = token === undefined ? value : null;
        break;
      case "cookie":
        if (!value.includes("k8shell") && !value.includes(sessionCookie)) break;
        for (const part of value.split(";")) {
          const equals = part.indexOf("=");
          const key = part.slice(0, equals).trim();
          if (key === cookieName) cookies = [...cookies, part.slice(equals + 1).trim()];
          else if (key === bindingName) bindings = [...bindings, part.slice(equals + 1).trim()];
          else if (key === sessionCookie) session = value;
        }
        break;
      case "authorization":
        authorization = value;
        break;
      case "origin":
        origin = value;
        break;
      case "sec-fetch-site":
        site = value;
        break;
      case "sec-fetch-mode":
        mode = value;
        break;
      case "access-control-request-method":
        asksMethod = true;
        break;
      default:
    }
  }
  const preflight = head.method === "OPTIONS" && origin !== undefined && asksMethod;
  if (isBrowser && !isShared) session = undefined;
  return { token, cookies, bindings, session, authorization, origin, site, mode, preflight };
};

/**
 * Did a page of another origin make the browser send this? Then the browser's cookie must not count. Loading a page is
 * allowed: that is how one follows a link.
 */
export const isForeign = (
  { origin, site, mode }: Evidence,
  head: RequestHead,
  publicOrigin: string,
): boolean => {
  if (origin !== undefined && origin !== publicOrigin) return true;
  if (site === undefined || site === "same-origin" || site === "none") return false;
  return !(mode === "navigate" && (head.method === "GET" || head.method === "HEAD") && !head.upgrade);
};
