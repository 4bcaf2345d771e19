import { type Rule, refused } from "./finding.ts";

/** Browsers drop such a cookie (RFC 6265bis, section 5.6). */
export const sameSiteNone: Rule = ({ config: { http } }) =>
  http.cookie.sameSite === "None" && !http.cookie.secure
    ? [
        refused(
          "http.cookie.sameSite",
          "is None while http.cookie.secure is false: browsers reject such a cookie, so nobody can sign in",
          "Set http.cookie.secure to true behind TLS, or http.cookie.sameSite to Lax",
        ),
      ]
    : [];
