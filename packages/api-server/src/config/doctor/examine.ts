import { caFiles } from "./ca-files.ts";
import { sharedCookieDomain } from "./cookie-domain.ts";
import { scriptReadableCookie } from "./cookie-http-only.ts";
import { cookiePath } from "./cookie-path.ts";
import { cookiePrefix } from "./cookie-prefix.ts";
import { sameSiteNone } from "./cookie-same-site.ts";
import { insecureCookie } from "./cookie-secure.ts";
import type { Finding, Rule, Situation } from "./finding.ts";
import { forgottenAddress } from "./forgotten-address.ts";
import { jwtKey } from "./jwt-key.ts";
import { portZero } from "./listening-port.ts";
import { natsLockTtl } from "./nats-lock-ttl.ts";
import { natsUrl } from "./nats-url.ts";
import { openListener } from "./open-listener.ts";
import { plaintextToken } from "./plaintext-token.ts";
import { podRanges } from "./pod-ranges.ts";
import { serviceAddress } from "./service-address.ts";
import { tokenFiles } from "./token-files.ts";

/**
 * Everything the doctor looks at. What the platform's own chart renders must start: there, only what cannot work at
 * all may be refused.
 */
export const rules: Readonly<Record<string, Rule>> = {
  caFiles,
  cookiePath,
  cookiePrefix,
  forgottenAddress,
  insecureCookie,
  jwtKey,
  natsLockTtl,
  natsUrl,
  openListener,
  plaintextToken,
  podRanges,
  portZero,
  sameSiteNone,
  scriptReadableCookie,
  serviceAddress,
  sharedCookieDomain,
  tokenFiles,
};

/** What is unsafe or cannot work in a configuration, refusals first. Reads the files that it names. */
export const examineConfig = (situation: Situation): Finding[] => {
  const findings = Object.values(rules).flatMap((rule) => rule(situation));
  return [
    ...findings.filter(({ severity }) => severity === "refused"),
    ...findings.filter(({ severity }) => severity === "warning"),
  ];
};
