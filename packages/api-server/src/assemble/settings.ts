import type { CookieSettings } from "../auth/cookies.ts";
import type { SessionLifetimes } from "../auth/web-sessions.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";

/** The session cookie. */
export const cookieSettings = ({ http }: Config): CookieSettings => http.cookie;

/** Without a setting of its own a session ends as long after the last request as its cookie. */
export const sessionLifetimes = ({ webSession, http }: Config): SessionLifetimes => ({
  idleMs: (webSession.idleSeconds ?? http.cookie.maxAgeSeconds) * 1000,
  absoluteMs: webSession.absoluteSeconds * 1000,
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
