import type { IncomingMessage } from "node:http";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import { type Client, Code, RpcError } from "@k8shell/rpc";
import { ApiError } from "../http/api-error.ts";
import { fromRpcError, toApiError } from "../http/errors.ts";
import { isOwnOrigin, type OriginPolicy } from "../http/origin.ts";
import type { AccountLocks } from "./account-locks.ts";
import type { CliLogins } from "./cli-logins.ts";
import { type CookieSettings, cookieValues, setCookie } from "./cookies.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import type { BegunLogin, LoginStates } from "./login-states.ts";
import type { WebSessions } from "./web-sessions.ts";

export interface BeginLogin {
  /** Full name, e.g. `idp.k8shell.io/local`. */
  readonly provider: string;
  /** Where the identity provider sends the browser back; default our own callback. */
  readonly redirectUri?: string;
  readonly cliState?: string;
  readonly createPat?: boolean;
}

export interface CompletedLogin {
  readonly username: string;
  readonly newUser: boolean;
  /** `Set-Cookie` values: the new session, and the removal of the binding cookie. */
  readonly cookies: readonly string[];
}

export interface LoginFlow {
  /** @throws ApiError invalid_parameter for a foreign `redirectUri`, not_found for an unknown provider */
  begin(
    request: IncomingMessage,
    login: BeginLogin,
  ): Promise<{ location: string; cookies: readonly string[] }>;
  /** @throws ApiError bad_request for a state that was not begun, was used, or began in another browser */
  complete(request: IncomingMessage, answer: { state: string; code: string }): Promise<CompletedLogin>;
  /** The identity provider reported a failure instead of a code: forgets the state and tells a waiting command line. */
  abandon(state: string, reason: string): Promise<void>;
}

export interface LoginFlowDeps {
  identity: Client<typeof IdentityService>;
  verifier: JwtVerifier;
  sessions: WebSessions;
  locks: AccountLocks;
  states: LoginStates;
  cliLogins: CliLogins;
  cookie: CookieSettings;
  origins: OriginPolicy;
  /** Address of this server as users see it, no trailing slash. */
  publicUrl(): string;
}

const bindingSeconds = 15 * 60;
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** The path that every address of ours begins with, and ends here: `/`, or what a proxy in front takes away. */
const basePath = (publicUrl: string): string => `${new URL(publicUrl).pathname.replace(/\/$/, "")}/`;

/** The server's address in that of its callback: what a command line has been told to use. */
const serverOf = (redirect: string): string => {
  const { origin, pathname } = new URL(redirect);
  return `${origin}${pathname.replace(/\/auth\/callback\/?$|\/$/, "")}`;
};

/** Only browsers send these, and they send at least one of them when they follow a link or post a form. */
const isBrowser = ({ headers }: IncomingMessage): boolean =>
  headers["sec-fetch-site"] !== undefined ||
  headers.origin !== undefined ||
  headers["upgrade-insecure-requests"] !== undefined;

const usedUp = () =>
  new ApiError("bad_request", "This sign-in has expired or was used already: start again.");

/** Identity without its database says FailedPrecondition of a sign-in that begins: 503 (rest-contract 1.1, row 3). */
const beginError = (error: unknown): unknown =>
  error instanceof RpcError && error.code === Code.FailedPrecondition
    ? fromRpcError(new RpcError(Code.Unavailable, error.message, { cause: error, peer: "identity" }))
    : error;

/** Onboarding that was refused or waits for approval is a refusal, not a conflict (rest-contract 1.1, row 4). */
const completionError = (error: unknown): ApiError => {
  if (error instanceof RpcError && error.code === Code.FailedPrecondition) {
    return new ApiError("forbidden", error.message || "Your account waits for approval.", { cause: error });
  }
  if (error instanceof RpcError && error.code === Code.Unauthenticated) {
    return new ApiError("bad_request", "The identity provider did not accept the sign-in.", { cause: error });
  }
  return toApiError(error);
};

/** Browser sign-in with an identity provider, for the browser itself or for a waiting command line (rest-contract 4). */
export const createLoginFlow = (deps: LoginFlowDeps): LoginFlow => {
  const { identity, verifier, sessions, locks, states, cliLogins, cookie, origins, publicUrl } = deps;

  const bindingCookie = (state: string): CookieSettings => ({
    name: states.cookieName(state),
    secure: cookie.secure,
    httpOnly: true,
    // Lax: the identity provider sends the browser back across sites.
    sameSite: "Lax",
    maxAgeSeconds: bindingSeconds,
    path: "/",
  });

  const isOwnAddress = (url: URL, request: IncomingMessage): boolean => {
    const own = new URL(publicUrl());
    return (
      isOwnOrigin(url.origin, request.headers.host, origins) ||
      url.origin === own.origin ||
      (loopback.test(url.host) && loopback.test(own.host) && url.port === own.port)
    );
  };

  const checkedRedirect = (given: string | undefined, provider: string, request: IncomingMessage): string => {
    if (given === undefined || given === "") {
      return `${publicUrl()}/auth/callback?${new URLSearchParams({ provider, redirect: basePath(publicUrl()) })}`;
    }
    // Whoever receives the redirect can sign in as the user: only this server's own pages may.
    if (!URL.canParse(given) || !isOwnAddress(new URL(given), request)) {
      throw new ApiError(
        "invalid_parameter",
        'Query parameter "redirect_uri": must be an absolute URL of this server.',
      );
    }
    return given;
  };

  const refuseOtherBrowser = (
    request: IncomingMessage,
    state: string,
    isBoundTo: (cookie: string) => boolean,
  ): void => {
    const values = cookieValues(request, states.cookieName(state));
    if (values.length === 0 ? isBrowser(request) : !values.some(isBoundTo)) {
      throw new ApiError(
        "bad_request",
        "This sign-in was begun in another browser: start again in this one.",
      );
    }
  };

  const finish = async (
    request: IncomingMessage,
    { state, code }: { state: string; code: string },
    { provider, cliState: begunFor, address = publicUrl() }: BegunLogin,
  ) => {
    const answer = await identity.completeUserWebFlow({ state, code }, { timeoutMs: 30_000 });
    const claims = await verifier.verify(answer.userToken);
    // Policy (`user:auth`) is Identity's to ask; the lock is ours (grpc-behaviour section 6).
    locks.refuseLocked(claims.sub);
    // The state comes back with the answer; a command line that waits must hear of it even if it does not.
    const cliState = answer.cliState || begunFor;
    if (cliState !== "") {
      if (answer.pat !== "") {
        const token = { provider, address, username: claims.sub, token: answer.pat };
        await cliLogins.store(cliState, token);
      } else {
        const error = answer.patError || "No access token was asked for.";
        await cliLogins.store(cliState, { error });
      }
    }
    const value = await sessions.create(claims, answer.userToken);
    // The session this browser had until now ends with the new sign-in.
    for (const old of cookieValues(request, cookie.name).slice(0, 4)) await sessions.end(old);
    return {
      username: claims.sub,
      newUser: answer.newUser,
      cookies: [setCookie(cookie, value, cookie.maxAgeSeconds), setCookie(bindingCookie(state), "", 0)],
    };
  };

  const tellCommandLine = async (cliState: string, error: string): Promise<void> => {
    if (cliState !== "") await cliLogins.store(cliState, { error });
  };

  return {
    async begin(request, { provider, redirectUri, cliState = "", createPat = false }) {
      const checked = checkedRedirect(redirectUri, provider, request);
      const flow = await identity
        .onboardUserWebFlow({ provider, redirectUri: checked, cliState, createPat })
        .catch((error: unknown) => {
          throw beginError(error);
        });
      const binding = await states.begin(flow.state, {
        provider,
        cliState,
        address: serverOf(checked),
      });
      return {
        location: flow.authUrl,
        cookies: [setCookie(bindingCookie(flow.state), binding, bindingSeconds)],
      };
    },
    async complete(request, { state, code }) {
      const begun = await states.take(state);
      if (!begun) throw usedUp();
      refuseOtherBrowser(request, state, begun.isBoundTo);
      try {
        return await finish(request, { state, code }, begun);
      } catch (cause) {
        const error = completionError(cause);
        await tellCommandLine(begun.cliState, error.message);
        throw error;
      }
    },
    async abandon(state, reason) {
      const begun = await states.take(state);
      if (begun) await tellCommandLine(begun.cliState, reason);
    },
  };
};
