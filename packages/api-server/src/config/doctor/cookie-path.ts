import { type Finding, type Rule, refused, warning } from "./finding.ts";

const apiPath = "/api/v1/";

/** Does a cookie with this path go with a request (RFC 6265, section 5.1.4)? */
const covers = (path: string, requestPath: string): boolean =>
  requestPath === path || requestPath.startsWith(path.endsWith("/") ? path : `${path}/`);

/** A cookie goes only with requests below its path: it must reach the API, and with a domain also the app hosts. */
export const cookiePath: Rule = ({ config: { http } }): Finding[] => {
  const { path, domain } = http.cookie;
  if (!covers(path, apiPath)) {
    return [
      refused(
        "http.cookie.path",
        `is ${path}, so browsers never send the session to ${apiPath} and nobody can sign in`,
        "Set it to / or leave the key out",
      ),
    ];
  }
  if (domain !== undefined && path !== "/") {
    return [
      warning(
        "http.cookie.path",
        `is ${path} although http.cookie.domain is set, so browsers do not send the session to app hosts, whose pages begin at /`,
        "Set it to /, or leave out http.cookie.domain and let app hosts get a cookie of their own",
      ),
    ];
  }
  return [];
};
