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

/**
 * Where users reach this server, without a trailing slash. A path in it is one that a proxy in front takes away.
 * @throws ConfigError for what is no address
 */
export const parsePublicUrl = (text: string): string => {
  const origin = parseOrigin(text, "http.publicUrl");
  const { pathname, search, hash } = new URL(text);
  if (search !== "" || hash !== "" || pathname.includes("//")) {
    throw new ConfigError(`http.publicUrl: "${text}" is not an address like https://example.org/k8shell`);
  }
  return origin + pathname.replace(/\/$/, "");
};

/** Origins whose pages may use the cookie, beside the one the browser asked for. */
export const publicOrigins = ({ http }: Config): ReadonlySet<string> =>
  new Set([
    ...(http.publicUrl ? [parseOrigin(http.publicUrl, "http.publicUrl")] : []),
    ...(http.publicOrigins ?? []).map((origin) => parseOrigin(origin, "http.publicOrigins")),
  ]);

/**
 * Networks that may call internal endpoints; undefined for this machine only. Workspaces of a remote Provisioner are
 * elsewhere, and the platform's chart does not say where: then every address may (rest-contract section 5), as a bearer
 * token of the very user is needed in any case.
 */
export const internalSources = ({ internal, provisioner }: Config): readonly string[] | undefined =>
  internal.allowedPodCIDRs ?? (provisioner.address === undefined ? undefined : ["0.0.0.0/0", "::/0"]);

/** Access tokens of this platform, and JWTs: nobody wants them in a recording. */
const tokens = [/k8sh_[A-Za-z0-9_-]{20,}/, /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/];

/** What is replaced in recordings. @throws ConfigError for what is no regular expression */
export const redactions = ({ recordings }: Config): readonly RegExp[] =>
  recordings.redact?.map((text) => {
    try {
      return new RegExp(text, "u");
    } catch {
      throw new ConfigError(`recordings.redact: "${text}" is not a regular expression`);
    }
  }) ?? tokens;
