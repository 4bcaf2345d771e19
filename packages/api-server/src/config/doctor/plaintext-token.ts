import { isLoopback } from "../../loopback.ts";
import { type Rule, warning } from "./finding.ts";
import { serviceKeys } from "./remote-services.ts";

/** Host of `host:port`, `[v6]:port` or `dns:///host:port`. */
const hostOf = (address: string): string =>
  address
    .replace(/^dns:\/\/[^/]*\//, "")
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "");

/** A service's token is as good as the service's caller: on a plaintext connection everybody on the way reads it. */
export const plaintextToken: Rule = ({ config }) => {
  const names = serviceKeys(config)
    .filter(
      ({ address, tokenFilePath, caCertPath }) =>
        address !== undefined &&
        tokenFilePath !== undefined &&
        caCertPath === undefined &&
        !address.startsWith("unix:") &&
        !isLoopback(hostOf(address)),
    )
    .map(({ name }) => name);
  return names.length === 0
    ? []
    : [
        warning(
          `${names[0]}.caCertPath`,
          `is not set, so the bearer token crosses the network in clear text (${names.join(", ")})`,
          "Serve these services over TLS and set caCertPath and serverName of each",
        ),
      ];
};
