import type { Authenticate } from "../auth/authenticate.ts";
import type { Principal } from "../auth/principal.ts";
import { ApiError } from "../http/api-error.ts";
import type { AppSessions } from "./app-sessions.ts";
import type { Evidence } from "./evidence.ts";
import type { AppHost } from "./label.ts";
import { type LinkRecord, type PortRecord, validLink } from "./shares.ts";

export interface CallerDeps {
  readonly authenticate: Authenticate;
  /** The caller of a web session by its id. @throws ApiError session_expired, account_locked, unavailable */
  readonly callerOfSession: (sessionId: string) => Promise<Principal>;
  readonly appSessions: Pick<AppSessions, "find">;
}

/** Who is behind what a request to an app host shows. */
export interface Callers {
  /**
   * The person; undefined when nobody is signed in.
   * @throws ApiError unauthenticated for a token that is not valid, unavailable
   */
  personOf(evidence: Evidence, host: AppHost): Promise<Principal | undefined>;
  /** The valid link of this port that it came by. */
  linkOf(evidence: Evidence, host: AppHost, record: PortRecord | undefined): Promise<LinkRecord | undefined>;
}

const linkToken = /^bearer +(k8al_[A-Za-z0-9_-]{43}) *$/i;

export const createCallers = ({ authenticate, callerOfSession, appSessions }: CallerDeps): Callers => {
  /** Somebody who can set cookies here (a neighbour below the same domain) could set one of their own: then none counts. */
  const sessionOf = async ({ cookies }: Evidence, host: AppHost) => {
    const [cookie] = cookies;
    return cookie === undefined || cookies.length > 1 ? undefined : appSessions.find(cookie, host.host);
  };

  return {
    async personOf(evidence, host) {
      const { token } = evidence;
      if (typeof token === "string") {
        if (linkToken.test(token)) return undefined;
        return authenticate({ headers: { authorization: token }, rawHeaders: [] });
      }
      try {
        const session = await sessionOf(evidence, host);
        if (session?.sessionId !== undefined) return await callerOfSession(session.sessionId);
        if (evidence.session !== undefined) {
          return await authenticate({ headers: { cookie: evidence.session }, rawHeaders: [] });
        }
      } catch (error) {
        // A session that is over is none: the browser signs in again.
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
      }
      return undefined;
    },
    async linkOf(evidence, host, record) {
      if (!record) return undefined;
      const { token } = evidence;
      if (typeof token === "string") {
        const [, shown] = linkToken.exec(token) ?? [];
        return shown === undefined ? undefined : validLink(record, shown);
      }
      const session = await sessionOf(evidence, host);
      const now = Date.now();
      return record.links.find(({ hash, expiresAt }) => hash === session?.link && expiresAt > now);
    },
  };
};
