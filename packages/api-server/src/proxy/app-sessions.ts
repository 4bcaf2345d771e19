import { randomBytes } from "node:crypto";
import { type KvBucket, KvConflictError } from "@k8shell/kv";
import { z } from "zod";
import { equalSecrets, sha256 } from "../auth/hash.ts";
import { takeOnce } from "../auth/take-once.ts";

const appSession = z.object({
  /** The app host it is for; it opens no other. */
  host: z.string(),
  workspace: z.string(),
  port: z.number(),
  /** Id of the web session it was made from; it ends with that. Absent for a link's. */
  sessionId: z.string().optional(),
  username: z.string().optional(),
  /** SHA-256 of the link's token. */
  link: z.string().optional(),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  lastSeenAt: z.number(),
});
export type AppSession = z.infer<typeof appSession>;

const code = z.object({
  host: z.string(),
  workspace: z.string(),
  port: z.number(),
  sessionId: z.string(),
  username: z.string(),
  next: z.string(),
  /** SHA-256 of the binding cookie of the browser that asked. */
  binding: z.string(),
});
export type SignInCode = z.infer<typeof code>;

/** What a browser has on app hosts, and how it gets it. */
export interface AppSessions {
  /** A one-time code for the way back to the app host; good for a minute. */
  issueCode(fields: SignInCode): Promise<string>;
  /** Takes a code out: undefined when it is unknown, used, of another host or another browser. */
  takeCode(code: string, host: string, bindingCookie: string): Promise<SignInCode | undefined>;
  /** Starts a session; resolves to the cookie's value. */
  create(fields: Omit<AppSession, "createdAt" | "lastSeenAt">): Promise<string>;
  /** The session of a cookie on this host. */
  find(cookie: string, host: string): Promise<AppSession | undefined>;
  end(cookie: string): Promise<void>;
}

export interface AppSessionsDeps {
  /** `app-sessions`. */
  readonly sessions: KvBucket;
  /** `app-sign-ins`: its TTL is how long a code is good. */
  readonly codes: KvBucket;
  /** Milliseconds without a request after which a session ends. */
  readonly idleMs: number;
  readonly now?: () => number;
}

const secretShape = /^[A-Za-z0-9_-]{43}$/;
const secret = () => randomBytes(32).toString("base64url");
/** `lastSeenAt` is written at most this often. */
const touchEveryMs = 60_000;

/** Sessions of browsers on app hosts. The store knows cookies and codes by their hashes only. */
export const createAppSessions = ({
  sessions,
  codes,
  idleMs,
  now = Date.now,
}: AppSessionsDeps): AppSessions => ({
  async issueCode(fields) {
    const value = secret();
    await codes.create(sha256(value), JSON.stringify(fields));
    return value;
  },
  async takeCode(value, host, bindingCookie) {
    if (!secretShape.test(value)) return undefined;
    const stored = await takeOnce(codes, sha256(value));
    if (stored === undefined) return undefined;
    const fields = code.parse(JSON.parse(stored));
    return fields.host === host && equalSecrets(fields.binding, sha256(bindingCookie)) ? fields : undefined;
  },
  async create(fields) {
    const cookie = secret();
    const at = now();
    await sessions.create(sha256(cookie), JSON.stringify({ ...fields, createdAt: at, lastSeenAt: at }));
    return cookie;
  },
  async find(cookie, host) {
    if (!secretShape.test(cookie)) return undefined;
    const key = sha256(cookie);
    const entry = await sessions.get(key);
    if (!entry) return undefined;
    const parsed = appSession.safeParse(JSON.parse(entry.value));
    const at = now();
    if (!parsed.success || at - parsed.data.lastSeenAt > idleMs) {
      await sessions.delete(key);
      return undefined;
    }
    if (parsed.data.host !== host) return undefined;
    if (at - parsed.data.lastSeenAt > touchEveryMs) {
      const touched = JSON.stringify({ ...parsed.data, lastSeenAt: at });
      // Lost against another replica that saw it too, or that ended it: the next look tells.
      await sessions.update(key, touched, entry.revision).catch((error: unknown) => {
        if (!(error instanceof KvConflictError)) throw error;
      });
    }
    return parsed.data;
  },
  async end(cookie) {
    if (secretShape.test(cookie)) await sessions.delete(sha256(cookie));
  },
});
