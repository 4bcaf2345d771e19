import { expect, test } from "vitest";
import { createSourceCheck } from "../auth/source-address.ts";
import { defaultConfig } from "../config/config.ts";
import { internalSources } from "./settings.ts";

const embedded = defaultConfig();
const remote = { ...embedded, provisioner: { ...embedded.provisioner, address: "provisioner:9030" } };

test.each([
  ["this machine, while workspaces run on it", embedded, "10.42.0.7", false],
  ["any address, when workspaces are elsewhere and nothing is configured", remote, "10.42.0.7", true],
  [
    "configured networks only",
    { ...remote, internal: { allowedPodCIDRs: ["10.42.0.0/16"] } },
    "10.43.0.7",
    false,
  ],
  [
    "configured networks",
    { ...embedded, internal: { allowedPodCIDRs: ["10.42.0.0/16"] } },
    "10.42.0.7",
    true,
  ],
])("internal endpoints are for %s", (_who, config, address, isAllowed) => {
  expect(createSourceCheck(internalSources(config))(address)).toBe(isAllowed);
});
