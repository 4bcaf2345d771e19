import { isLoopback } from "../../loopback.ts";
import { type Rule, warning } from "./finding.ts";

const fix =
  "Put a TLS proxy in front, set http.publicUrl to its https address and http.cookie.secure to true, or listen on 127.0.0.1";

/** The server itself speaks plain http, and with the embedded Identity passwords cross it. */
export const openListener: Rule = ({ config: { http, identity }, host }) => {
  if (isLoopback(host) || identity.address !== undefined || http.publicUrl?.startsWith("https:")) return [];
  return [
    http.publicUrl === undefined
      ? warning(
          "http.publicUrl",
          `is not set although the server listens on ${host}: passwords and tokens cross the network in clear text, and links name the listening address`,
          fix,
        )
      : warning("http.publicUrl", "is http, so passwords and tokens cross the network in clear text", fix),
  ];
};
