import { isLoopback } from "../../loopback.ts";
import { type Rule, refused, warning } from "./finding.ts";

/** Port 0 is a different one at every start: good for a trial, useless for what others are to find. */
export const portZero: Rule = ({ config, host, port }) => {
  const fix = "Set it to a port, e.g. 9101";
  if (port !== 0) return [];
  if (!isLoopback(host)) {
    return [refused("http.port", `is 0 while the server listens on ${host}: nobody knows the port`, fix)];
  }
  return config.http.port === 0
    ? [warning("http.port", "is 0, so every start listens on another port", fix)]
    : [];
};
