import { NatsSettingsError, parseNatsUrl } from "@k8shell/kv";
import { type Finding, type Rule, refused } from "./finding.ts";

const example = "Set it to the server, e.g. nats://nats:4222";

/** Shared state needs to know where. */
export const natsUrl: Rule = ({ config: { nats } }): Finding[] => {
  if (!nats.enabled) return [];
  if (nats.url === undefined)
    return [refused("nats.url", "is not set although nats.enabled is true", example)];
  try {
    parseNatsUrl(nats.url);
    return [];
  } catch (error) {
    if (!(error instanceof NatsSettingsError)) throw error;
    // The address is not repeated: it may hold a password.
    return [refused("nats.url", "is not an address of NATS", example)];
  }
};
