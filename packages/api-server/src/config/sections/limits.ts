import { boolean, integer, section, withDefault } from "../fields.ts";

const perMinute = () => integer(0, 1_000_000_000);
const connections = () => integer(1, 1_000_000);

export const limits = section(
  "Limits of one replica. Rates are requests per minute, and 0 switches one off; an unused rate fills up again within a minute.",
  {
    enabled: withDefault(boolean(), true, "limit the rate of requests"),
    requestsPerUser: withDefault(
      perMinute(),
      1_200_000,
      "all requests of a user: high, to stop a program that has gone wild and nothing else",
    ),
    requestsPerToken: withDefault(perMinute(), 1_200_000, "all requests with one access token"),
    requestsPerAddress: withDefault(
      perMinute(),
      60_000,
      "requests without a caller (health, documentation) from one address, or IPv6 network",
    ),
    signInsPerAddress: withDefault(perMinute(), 300, "steps of signing in from one address"),
    tokensPerUser: withDefault(perMinute(), 120, "access tokens made or renewed by a user"),
    failuresPerAddress: withDefault(perMinute(), 600, "requests with wrong credentials from one address"),
    socketsPerUser: withDefault(
      connections(),
      4_000,
      "terminals and app connections of a user, open at once",
    ),
    sockets: withDefault(connections(), 20_000, "the same, of everybody"),
    streamsPerUser: withDefault(
      connections(),
      1_000,
      "transfers, event streams and followed logs of a user, open at once",
    ),
    streams: withDefault(connections(), 10_000, "the same, of everybody"),
    connections: withDefault(connections(), 50_000, "TCP connections; more are refused"),
    recheckSeconds: withDefault(
      integer(2, 3600),
      60,
      "an open connection's credential and policy are checked again at least so often",
    ),
  },
);
