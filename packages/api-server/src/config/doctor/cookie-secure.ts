import { isLoopback } from "../../loopback.ts";
import { type Rule, warning } from "./finding.ts";

/** Without `Secure` a browser also sends the session over plain http, where anybody on the way reads it. */
export const insecureCookie: Rule = ({ config: { http }, host }) => {
  if (http.cookie.secure) return [];
  const fix = "Set it to true, behind TLS";
  if (http.publicUrl?.startsWith("https:")) {
    return [warning("http.cookie.secure", "is false although http.publicUrl is https", fix)];
  }
  return isLoopback(host)
    ? []
    : [
        warning(
          "http.cookie.secure",
          `is false although the server listens on ${host}, so the session also crosses networks in clear text`,
          fix,
        ),
      ];
};
