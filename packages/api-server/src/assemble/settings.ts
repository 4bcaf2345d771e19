import type { CookieSettings } from "../auth/cookies.ts";
import type { SessionLifetimes } from "../auth/web-sessions.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

const day = 86_400;

/** The session cookie, with the defaults of rest-contract section 5. */
export const cookieSettings = ({ http: { cookie } }: Config): CookieSettings => ({
  name: cookie.name ?? "k8shell-session",
  secure: cookie.secure ?? false,
  httpOnly: cookie.httpOnly ?? true,
  sameSite: cookie.sameSite ?? "Lax",
  maxAgeSeconds: cookie.maxAgeSeconds ?? day,
  path: cookie.path ?? "/",
  domain: cookie.domain,
});

/** Idle: a day, as long as the cookie. Absolute: a week. */
export const sessionLifetimes = ({ webSession, http }: Config): SessionLifetimes => ({
  idleMs: (webSession.idleSeconds ?? http.cookie.maxAgeSeconds ?? day) * 1000,
  absoluteMs: (webSession.absoluteSeconds ?? 7 * day) * 1000,
});

/** An origin as browsers write it. @throws ConfigError */
export const parseOrigin = (text: string, key: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ConfigError(`${key}: "${text}" is not an address like https://k8shell.example.org`);
  }
  return new URL(text).origin;
};

/** Origins whose pages may use the cookie, beside the one the browser asked for. */
export const publicOrigins = ({ http }: Config): ReadonlySet<string> =>
  new Set([
    ...(http.publicUrl ? [parseOrigin(http.publicUrl, "http.publicUrl")] : []),
    ...(http.publicOrigins ?? []).map((origin) => parseOrigin(origin, "http.publicOrigins")),
  ]);
