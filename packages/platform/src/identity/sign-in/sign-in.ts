import { createHmac, timingSafeEqual } from "node:crypto";
import type { Log } from "@k8shell/contract";
import { Code, RpcError } from "@k8shell/rpc";
import type { OnceLinks } from "../once-links.ts";
import type { PasswordResets } from "../password-resets.ts";
import type { PasswordCheck } from "../passwords.ts";
import { localProviderName } from "../providers/provider.ts";
import { randomSecret } from "../secrets.ts";
import type { PendingSignIn, WebFlows } from "../web-flow.ts";
import { formPage, messagePage, resetPage } from "./pages.ts";
import {
  cookieHeader,
  htmlResponse,
  readCookie,
  readForm,
  redirectResponse,
  styleResponse,
} from "./responses.ts";

const formCookie = "k8shell-signin";
const onceCookie = "k8shell-once";
const secret = /^[A-Za-z0-9_-]{43}$/;
const formCookieSeconds = 3600;
const onceCookieSeconds = 60;
const maxFormBytes = 16_384;
const maxStateLength = 8192;

interface SignInDeps {
  webFlows: Pick<WebFlows, "pending" | "approve">;
  passwords: { check(username: string, password: string): Promise<PasswordCheck> };
  onceLinks: OnceLinks;
  passwordResets: Pick<PasswordResets, "isLive" | "confirm">;
  /** Ties a form to its sign-in; any process may get the answer to a form. */
  formKey: Buffer;
  publicUrl: () => string;
  log: Log;
}

const badForm = (base: string) =>
  htmlResponse(
    messagePage({
      base,
      title: "This page has expired",
      text: "The form could not be checked. It may have been open too long, or cookies are blocked.",
      hint: "Start the sign-in again.",
    }),
    { status: 400 },
  );

const overPage = (base: string) =>
  htmlResponse(
    messagePage({
      base,
      title: "This sign-in is over",
      text: "It was completed already, or it took longer than ten minutes.",
      hint: "Start the sign-in again.",
    }),
    { status: 400 },
  );

const deadLinkPage = (base: string) =>
  htmlResponse(
    messagePage({
      base,
      title: "This link does not work any more",
      text: "A one-time link can be used once, within 15 minutes.",
      hint: "Restarting the server prints a new link. With a password you can sign in from the start page.",
    }),
    { status: 410 },
  );

const deadResetPage = (base: string) =>
  htmlResponse(
    messagePage({
      base,
      title: "This link does not work any more",
      text: "A password can be reset once with a link, before it expires.",
      hint: "Ask for a new link, or ask an administrator.",
    }),
    { status: 410 },
  );

const plain = (status: number, text: string, headers: Record<string, string> = {}): Response =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });

/**
 * The local provider's pages, everything under `/signin`: the password form, its answer, and one-time links.
 * Works without scripts. A form is tied to its sign-in and to the browser it was sent to.
 */
export const createSignIn = (deps: SignInDeps): ((request: Request) => Promise<Response>) => {
  const { webFlows, passwords, onceLinks, passwordResets, formKey, publicUrl, log } = deps;
  const secure = () => publicUrl().startsWith("https:");
  /** What a proxy in front takes away from paths. */
  const base = () => new URL(publicUrl()).pathname.replace(/\/$/, "");
  const signInCookie = (name: string, value: string, seconds: number) =>
    cookieHeader(name, value, { path: `${base()}/signin`, maxAgeSeconds: seconds, secure: secure() });
  const formToken = (state: string, cookie: string): string =>
    createHmac("sha256", formKey).update(`${cookie}.${state}`).digest("base64url");
  const isFormToken = (given: string, state: string, cookie: string): boolean => {
    const expected = formToken(state, cookie);
    return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  };

  const form = (
    request: Request,
    state: string,
    pending: PendingSignIn,
    o: { username?: string; error?: string; status?: number; cookies?: readonly string[] } = {},
  ): Response => {
    const cookie = readCookie(request, formCookie, secret) ?? randomSecret();
    const body = formPage({
      base: base(),
      state,
      formToken: formToken(state, cookie),
      username: o.username ?? "",
      error: o.error,
      forCommandLine: pending.forCommandLine,
    });
    return htmlResponse(body, {
      status: o.status,
      formTarget: new URL(pending.redirectUri).origin,
      cookies: [signInCookie(formCookie, cookie, formCookieSeconds), ...(o.cookies ?? [])],
    });
  };

  const show = async (request: Request, url: URL): Promise<Response> => {
    const state = url.searchParams.get("state") ?? "";
    const pending = state.length <= maxStateLength ? await webFlows.pending(state) : undefined;
    if (!pending) return overPage(base());
    const once = readCookie(request, onceCookie, secret);
    if (once === undefined) return form(request, state, pending);
    const cookies = [signInCookie(onceCookie, "", 0)];
    // A link signs in the browser that opened it and nobody else: a command line has to be confirmed by hand.
    const username = pending.forCommandLine ? undefined : await onceLinks.consume(once);
    const target = username && (await webFlows.approve(state, username, "web"));
    return target
      ? redirectResponse(target, { status: 302, cookies })
      : form(request, state, pending, { cookies });
  };

  const submit = async (request: Request): Promise<Response> => {
    if (request.headers.get("sec-fetch-site") === "cross-site") return badForm(base());
    const fields = await readForm(request, maxFormBytes);
    const cookie = readCookie(request, formCookie, secret);
    const state = fields?.get("state") ?? "";
    if (!fields || cookie === undefined || !isFormToken(fields.get("form_token") ?? "", state, cookie))
      return badForm(base());
    const pending = await webFlows.pending(state);
    if (!pending) return overPage(base());
    const username = fields.get("username") ?? "";
    const result = await passwords.check(username, fields.get("password") ?? "");
    if (!result.valid || !result.user) {
      const error = result.locked
        ? "Too many wrong passwords. Wait 15 minutes and try again, or ask an administrator to unlock you."
        : "The username or password is not right.";
      const shown = username.length <= 63 ? username : "";
      return form(request, state, pending, { username: shown, error, status: result.locked ? 429 : 401 });
    }
    const target = await webFlows.approve(state, result.user.username, "password");
    return target ? redirectResponse(target, { status: 303 }) : overPage(base());
  };

  const once = async (url: URL): Promise<Response> => {
    const token = url.searchParams.get("token") ?? "";
    if (!(await onceLinks.isLive(token))) return deadLinkPage(base());
    const login = new URL(`${publicUrl()}/api/v1/auth/login`);
    login.searchParams.set("provider", localProviderName);
    login.searchParams.set("redirect_uri", `${publicUrl()}/auth/callback?redirect=${base()}/`);
    const cookies = [signInCookie(onceCookie, token, onceCookieSeconds)];
    return redirectResponse(login.href, { status: 302, cookies });
  };

  const showReset = async (token: string, error?: string): Promise<Response> => {
    if (!(await passwordResets.isLive(token))) return deadResetPage(base());
    return htmlResponse(resetPage({ base: base(), token, error }), {
      status: error === undefined ? 200 : 400,
    });
  };

  // The token in the form is a secret that only this page's reader has: no other site can send it.
  const submitReset = async (request: Request): Promise<Response> => {
    const fields = await readForm(request, maxFormBytes);
    const token = fields?.get("token") ?? "";
    const password = fields?.get("password") ?? "";
    if (password !== fields?.get("again")) return showReset(token, "The two passwords are not the same.");
    try {
      await passwordResets.confirm(token, password);
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== Code.InvalidArgument) throw error;
      return showReset(token, error.message);
    }
    return htmlResponse(
      messagePage({
        base: base(),
        title: "Your password is set",
        text: "You are signed out everywhere else.",
        hint: "Sign in with the new password.",
      }),
    );
  };

  return async (request) => {
    const url = new URL(request.url);
    const read = request.method === "GET" || request.method === "HEAD";
    try {
      if (url.pathname === "/signin/style.css" && read) return styleResponse();
      if (url.pathname === "/signin/once" && read) return await once(url);
      if (url.pathname === "/signin/reset" && read) {
        return await showReset(url.searchParams.get("token") ?? "");
      }
      if (url.pathname === "/signin/reset" && request.method === "POST") return await submitReset(request);
      if (url.pathname !== "/signin" && url.pathname !== "/signin/") return plain(404, "not found");
      if (read) return await show(request, url);
      if (request.method === "POST") return await submit(request);
      return plain(405, "method not allowed", { allow: "GET, HEAD, POST" });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      log.warn({ err: error }, "the sign-in page could not answer");
      return htmlResponse(
        messagePage({
          base: base(),
          title: "Sign-in is not possible now",
          text: "The server could not process the request.",
          hint: "Try again in a moment.",
        }),
        { status: 503 },
      );
    }
  };
};
