import { type Rule, warning } from "./finding.ts";

/** With a domain the browser sends the session to every host below it, and below it are workspace apps. */
export const sharedCookieDomain: Rule = ({ config: { http } }) =>
  http.cookie.domain === undefined
    ? []
    : [
        warning(
          "http.cookie.domain",
          `is ${http.cookie.domain}, so browsers send the session to every host below it, workspace apps included`,
          "Leave the key out: app hosts get a cookie of their own",
        ),
      ];
