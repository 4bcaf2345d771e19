import { type Rule, refused } from "./finding.ts";

/** Browsers hold cookies of such names to their promise (RFC 6265bis, section 4.1.3) and drop others. */
export const cookiePrefix: Rule = ({ config: { http } }) => {
  const { name, secure, path, domain } = http.cookie;
  const needsSecure = /^__(Secure|Host)-/i.test(name) && !secure;
  const needsHost = /^__Host-/i.test(name) && (path !== "/" || domain !== undefined);
  return needsSecure || needsHost
    ? [
        refused(
          "http.cookie.name",
          `is ${name}, which browsers accept only with ${needsSecure ? "secure: true" : "path / and no domain"}`,
          needsSecure
            ? "Set http.cookie.secure to true behind TLS, or choose another name"
            : "Set http.cookie.path to / and leave out http.cookie.domain, or choose another name",
        ),
      ]
    : [];
};
