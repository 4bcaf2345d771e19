import { type Rule, warning } from "./finding.ts";

/** Without `HttpOnly` one injected script is a stolen session. */
export const scriptReadableCookie: Rule = ({ config: { http } }) =>
  http.cookie.httpOnly
    ? []
    : [
        warning(
          "http.cookie.httpOnly",
          "is false, so scripts of a page can read the session",
          "Leave the key out",
        ),
      ];
