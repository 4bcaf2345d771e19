import type { IncomingMessage } from "node:http";
import { routes } from "@k8shell/contract";
import type { IdentityService } from "@k8shell/contract/gen/identity/v1/identity_pb.js";
import type { Client } from "@k8shell/rpc";
import type { CliLogins } from "../auth/cli-logins.ts";
import { type CookieSettings, cookieValues, setCookie } from "../auth/cookies.ts";
import { refuseCrossSite } from "../auth/csrf.ts";
import type { LoginFlow } from "../auth/login-flow.ts";
import type { PasswordLogin } from "../auth/password-login.ts";
import { redirectPath } from "../auth/redirect-path.ts";
import type { WebSessions } from "../auth/web-sessions.ts";
import { ApiError } from "../http/api-error.ts";
import { mediaTypeOf } from "../http/body.ts";
import { toApiError } from "../http/errors.ts";
import {
  type BoundRoute,
  bind,
  type HandlerResult,
  handled,
  json,
  noContent,
  type RequestContext,
} from "../http/handler.ts";
import type { OriginPolicy } from "../http/origin.ts";
import { sendSignInErrorPage } from "./sign-in-error-page.ts";

export interface AuthRoutesDeps {
  readonly identity: Client<typeof IdentityService>;
  readonly login: LoginFlow;
  readonly passwordLogin: PasswordLogin;
  readonly cliLogins: CliLogins;
  readonly sessions: WebSessions;
  readonly cookie: CookieSettings;
  readonly origins: OriginPolicy;
}

/** The fields of a callback that matter, from the query, the body, or both. */
interface CallbackFields {
  readonly code?: string;
  readonly state?: string;
  readonly redirect?: string;
  readonly error?: string;
  readonly error_description?: string;
}

const wantsJson = (request: IncomingMessage): boolean => {
  const accept = request.headers.accept ?? "";
  if (accept.includes("text/html")) return false;
  if (accept.includes("application/json")) return true;
  return request.method === "POST" && mediaTypeOf(request) === "application/json";
};

const wantsPage = (request: IncomingMessage): boolean => (request.headers.accept ?? "").includes("text/html");

const redirect = ({ reply, requestId }: RequestContext, status: number, location: string): HandlerResult => {
  reply.raw.writeHead(status, {
    location,
    "x-request-id": requestId,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-length": "0",
  });
  reply.raw.end();
  return handled;
};

/** Endpoints of signing in and out (rest-contract section 4). */
export const authRoutes = (deps: AuthRoutesDeps): BoundRoute[] => {
  const { identity, login, passwordLogin, cliLogins, sessions, cookie, origins } = deps;

  const completeInBrowser = async (
    context: RequestContext,
    fields: CallbackFields,
  ): Promise<HandlerResult> => {
    try {
      return await complete(context, fields);
    } catch (cause) {
      const error = toApiError(cause);
      // What went wrong here is logged by the guard, as for every other endpoint.
      if (error.status >= 500 || !wantsPage(context.request.raw)) throw cause;
      const [path = "/"] = (context.request.raw.url ?? "/").split("?", 1);
      sendSignInErrorPage(context.reply.raw, error, context.requestId, path);
      return handled;
    }
  };

  const complete = async (context: RequestContext, fields: CallbackFields): Promise<HandlerResult> => {
    const { raw } = context.request;
    const { state, code, error } = fields;
    if (state && error) {
      const reason = `The identity provider refused the sign-in: ${fields.error_description ?? error}.`;
      await login.abandon(state, reason.slice(0, 500));
      throw new ApiError("forbidden", reason.slice(0, 500));
    }
    if (!state || !code) throw new ApiError("bad_request", "Send the code and the state of the sign-in.");
    const done = await login.complete(raw, { state, code });
    const target = redirectPath(fields.redirect);
    context.reply.raw.setHeader("set-cookie", [...done.cookies]);
    if (wantsJson(raw)) {
      return json(200, { username: done.username, redirect: target, newUser: done.newUser });
    }
    return redirect(context, raw.method === "GET" ? 302 : 303, target);
  };

  return [
    bind(routes.listProviders, async () => {
      const { providers } = await identity.getAvailableIdentityProviders({});
      return json(
        200,
        providers.map(({ name, capabilities }) => ({ name, capabilities })),
      );
    }),
    bind(routes.login, async (context) => {
      const { provider, redirect_uri, createPAT, state } = context.query;
      const { location, cookies } = await login.begin(context.request.raw, {
        provider,
        redirectUri: redirect_uri,
        cliState: state,
        createPat: createPAT,
      });
      context.reply.raw.setHeader("set-cookie", [...cookies]);
      return redirect(context, 302, location);
    }),
    bind(routes.passwordLogin, async (context) => {
      const { raw } = context.request;
      // Another site must not sign its visitors in as somebody else.
      refuseCrossSite(raw, origins);
      const { username, cookies } = await passwordLogin(raw, context.body, context.requestId);
      context.reply.raw.setHeader("set-cookie", [...cookies]);
      return json(200, { username, redirect: "/", newUser: false });
    }),
    bind(routes.postCallback, (context) => completeInBrowser(context, { ...context.query, ...context.body })),
    bind(routes.getCallback, (context) => completeInBrowser(context, context.query)),
    bind(routes.getRootCallback, (context) => completeInBrowser(context, context.query)),
    bind(routes.logout, async (context) => {
      const { raw } = context.request;
      const values = cookieValues(raw, cookie.name);
      if (values.length > 0) refuseCrossSite(raw, origins);
      for (const value of values.slice(0, 4)) await sessions.end(value);
      context.reply.raw.setHeader("set-cookie", setCookie(cookie, "", 0));
      return noContent();
    }),
    bind(routes.pollToken, async (context) => {
      const result = await cliLogins.take(context.query.state);
      if (!result) return json(202, { status: "pending" });
      if ("error" in result) throw new ApiError("forbidden", result.error);
      return json(200, result);
    }),
  ];
};
