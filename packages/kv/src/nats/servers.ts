import { NatsSettingsError } from "./errors.ts";

export interface NatsServers {
  /** `host:port` each. */
  readonly servers: string[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const schemes = new Set(["nats:", "tls:"]);

/**
 * Reads `nats.url`: servers separated by commas, with or without scheme; a user name and password in the first count.
 * @throws NatsSettingsError
 */
export const parseNatsUrl = (url: string): NatsServers => {
  const parsed = url
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (part.includes("://") ? part : `nats://${part}`))
    .map((part) => {
      const found = URL.canParse(part) ? new URL(part) : undefined;
      // The text is not repeated: it may hold a password.
      if (!found || !schemes.has(found.protocol) || found.hostname === "") {
        throw new NatsSettingsError('expected an address like "nats://nats:4222" or "tls://nats:4222"');
      }
      return found;
    });
  const [first] = parsed;
  if (!first) throw new NatsSettingsError('expected an address like "nats://nats:4222"');
  return {
    servers: parsed.map(({ hostname, port }) => `${hostname}:${port || "4222"}`),
    tls: parsed.some(({ protocol }) => protocol === "tls:"),
    username: first.username === "" ? undefined : decodeURIComponent(first.username),
    password: first.password === "" ? undefined : decodeURIComponent(first.password),
  };
};
