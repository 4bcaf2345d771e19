import { createSourceCheck } from "../../auth/source-address.ts";
import { type Finding, type Rule, refused, warning } from "./finding.ts";

const key = "internal.allowedPodCIDRs";
const fix = "Set it to the networks of your pods, e.g. [10.42.0.0/16]";

/** Internal endpoints hand out tokens: they are for pods. */
export const podRanges: Rule = ({ config: { internal, provisioner } }): Finding[] => {
  const ranges = internal.allowedPodCIDRs;
  if (ranges === undefined) {
    return provisioner.address === undefined
      ? []
      : [
          warning(
            key,
            "is not set, so the internal endpoints answer to every address that reaches them",
            fix,
          ),
        ];
  }
  try {
    createSourceCheck(ranges);
  } catch (error) {
    return [refused(key, error instanceof Error ? error.message : String(error), fix)];
  }
  return ranges.some((range) => /\/0+$/.test(range.trim()))
    ? [warning(key, "has a range of every address, so the internal endpoints answer to all", fix)]
    : [];
};
