import { type Finding, type Rule, refused, warning } from "./finding.ts";
import { serviceKeys } from "./remote-services.ts";

const example = "Write it as host:port or dns:///host:port";

/** Addresses of gRPC services are names of the resolver, not URLs of a website. */
export const serviceAddress: Rule = ({ config }): Finding[] =>
  serviceKeys(config).flatMap(({ name, address }) => {
    if (address === undefined || address.startsWith("unix:")) return [];
    const key = `${name}.address`;
    const target = address.replace(/^(?:dns:\/\/[^/]*\/|ipv[46]:)/, "");
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target) || target.includes("/")) {
      return [refused(key, "is not the address of a gRPC service", example)];
    }
    return /:\d{1,5}$/.test(target) && !/^[^[]*:[^[]*:/.test(target)
      ? []
      : [warning(key, "has no port, so 443 is used", example)];
  });
