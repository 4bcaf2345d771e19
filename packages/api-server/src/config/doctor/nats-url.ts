import { type Rule, refused } from "./finding.ts";

/** NATS without an address cannot be reached. */
export const natsUrl: Rule = ({ config: { nats } }) =>
  nats.enabled && nats.url === undefined
    ? [
        refused(
          "nats.url",
          "is not set although nats.enabled is true",
          "Set it to the server, e.g. nats://nats:4222",
        ),
      ]
    : [];
