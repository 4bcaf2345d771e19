import { z } from "zod";
import { route } from "../route.ts";
import {
  callbackBody,
  callbackQuery,
  callbackResult,
  loginQuery,
  pendingLogin,
  provider,
  tokenPollQuery,
  userLoginRequest,
  username,
  userToken,
} from "../schemas/index.ts";
import { actions } from "./actions.ts";

const tag = "Authentication";

const callbackErrors = {
  403: "the provider or the platform refuses the sign-in, or the account waits for approval",
  404: "unknown identity provider",
  409: "the account exists already",
  503: "identity is not available",
};

const callbackPermission = {
  kind: "public",
  why: "the caller proves who they are with a code of the identity provider and the state of this sign-in",
} as const;

export const authRoutes = {
  listProviders: route({
    method: "GET",
    path: "/auth/providers",
    operationId: "listProviders",
    tag,
    summary: "Identity providers",
    permission: { kind: "public", why: "needed to sign in" },
    responses: { 200: z.array(provider) },
    errors: { 503: "identity is not available" },
  }),
  login: route({
    method: "GET",
    path: "/auth/login",
    operationId: "login",
    tag,
    summary: "Begin to sign in",
    description: "Sends the browser to the identity provider.",
    permission: { kind: "public", why: "needed to sign in" },
    query: loginQuery,
    responses: { 302: "none" },
    errors: { 404: "unknown identity provider", 503: "identity is not available" },
  }),
  passwordLogin: route({
    method: "POST",
    path: "/auth/login",
    operationId: "passwordLogin",
    tag,
    summary: "Sign in with a password",
    description:
      "Sets the session cookie. For users with a password here; others sign in with their provider.",
    permission: { kind: "public", why: "the password proves who the caller is" },
    body: userLoginRequest,
    responses: { 200: callbackResult },
    errors: {
      401: "the username or password is not right",
      403: "the account is locked, or may not sign in with a password",
      429: "too many wrong passwords",
      503: "identity is not available",
    },
  }),
  postCallback: route({
    method: "POST",
    path: "/auth/callback",
    operationId: "postCallback",
    tag,
    summary: "Complete a sign-in",
    description:
      "Takes JSON or a form; code and state may also be in the query. Sets the session cookie. " +
      "Answers JSON when `Accept` asks for it, otherwise redirects.",
    permission: callbackPermission,
    query: callbackQuery,
    body: callbackBody.optional(),
    responses: { 200: callbackResult, 303: "none" },
    errors: callbackErrors,
  }),
  getCallback: route({
    method: "GET",
    path: "/auth/callback",
    operationId: "getCallback",
    tag,
    summary: "Complete a sign-in, coming back from the identity provider",
    permission: callbackPermission,
    query: callbackQuery,
    responses: { 302: "none" },
    errors: callbackErrors,
  }),
  getRootCallback: route({
    method: "GET",
    path: "/auth/callback",
    root: true,
    operationId: "getRootCallback",
    tag,
    summary: "Complete a sign-in, at the address that identity providers know",
    permission: callbackPermission,
    query: callbackQuery,
    responses: { 302: "none" },
    errors: callbackErrors,
  }),
  logout: route({
    method: "POST",
    path: "/auth/logout",
    operationId: "logout",
    tag,
    summary: "Sign out",
    description: "Ends the session of the cookie, if there is one, and clears the cookie.",
    permission: { kind: "public", why: "only ends the caller's own session" },
    responses: { 204: "none" },
  }),
  pollToken: route({
    method: "GET",
    path: "/auth/token",
    operationId: "pollToken",
    tag,
    summary: "Poll for the token of a command-line sign-in",
    description:
      "An unknown state is pending too: polling may begin before the browser gets here. A token is given once.",
    permission: { kind: "public", why: "the state is a secret that only the polling client has" },
    query: tokenPollQuery,
    responses: { 200: userToken, 202: pendingLogin },
    errors: { 403: "the sign-in failed; the message says why" },
  }),
  issueInternalToken: route({
    method: "POST",
    path: "/internal/users/:username/token",
    operationId: "issueInternalToken",
    tag: "Internal",
    summary: "A user token for a process inside the platform",
    description:
      "Only from allowed source addresses, only for the caller's own user, and never with a session cookie.",
    permission: actions.internalToken,
    params: z.object({ username }),
    responses: { 200: userToken },
    errors: { 404: "no such user" },
  }),
} as const;
