/** Cookie of a signed-in browser on one app host, where the connection is secure to the browser (see docs/apps.md). */
export const secureCookieName = "__Host-k8shell-app";
/** The same where it is not: plain HTTP on a name that is not below localhost. */
export const plainCookieName = "k8shell-app";
/** Ties the one-time code to the browser that asked for it. */
export const secureBindingName = "__Host-k8shell-app-binding";
export const plainBindingName = "k8shell-app-binding";

/** Header with a token of ours; `Authorization` belongs to the app. */
export const tokenHeader = "k8shell-authorization";

/** Everything below is ours on every app host. */
export const reservedPrefix = "/_k8shell/";

/** Cookies that no app may see or set, beside the platform's session cookie. */
export const ownCookies: ReadonlySet<string> = new Set([
  secureCookieName,
  plainCookieName,
  secureBindingName,
  plainBindingName,
]);
