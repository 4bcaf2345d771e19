import type { Config } from "./config.ts";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/**
 * What is allowed but probably not meant, in words for the operator.
 * @param host address the server listens on
 */
export const examineConfig = ({ http, internal }: Config, host: string): string[] => {
  const { cookie, publicUrl } = http;
  const findings: string[] = [];
  if (cookie.domain !== undefined && (cookie.path ?? "/") !== "/") {
    findings.push(
      `http.cookie: domain is ${cookie.domain} but path is ${cookie.path}: app hosts below the domain will not get the session cookie (path should be /)`,
    );
  }
  if (cookie.domain !== undefined) {
    findings.push(
      `http.cookie.domain: every host below ${cookie.domain} receives the session cookie, workspace apps included`,
    );
  }
  if (cookie.httpOnly === false) {
    findings.push("http.cookie.httpOnly: is false, so scripts of a page can read the session cookie");
  }
  if (publicUrl?.startsWith("https:") && cookie.secure !== true) {
    findings.push("http.cookie.secure: should be true, because http.publicUrl is https");
  }
  if (!loopback.test(host) && publicUrl === undefined) {
    findings.push(
      `http.publicUrl: is not set although the server listens on ${host}; links and sign-in will name the listening address, without TLS`,
    );
  }
  if (internal.allowedPodCIDRs?.some((range) => /\/0$/.test(range.trim()))) {
    findings.push("internal.allowedPodCIDRs: lets every address call the internal endpoints");
  }
  return findings;
};
