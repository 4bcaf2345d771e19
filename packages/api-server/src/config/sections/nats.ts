import { boolean, integer, optional, section, text, withDefault } from "../fields.ts";

export const nats = section(
  "Shared state in NATS JetStream, for several replicas and the platform's services.",
  {
    enabled: withDefault(boolean(), false, "keep state in NATS instead of SQLite"),
    url: optional(text(), "`nats://host:4222` or `tls://host:4222`, several separated by commas", {
      otherwise: "none",
    }),
    username: optional(text(), "user name", { otherwise: "none" }),
    password: optional(text(), "password", { otherwise: "none", secret: true }),
    token: optional(text(), "token, used in place of user name and password", {
      otherwise: "none",
      secret: true,
    }),
    caCertPath: optional(text(), "PEM of the only authorities trusted; TLS is demanded then", {
      otherwise: "none",
    }),
    replicas: withDefault(
      integer(1, 5),
      3,
      "copies of each bucket made here; a server that is no cluster gets 1, with a warning",
    ),
    startWaitSeconds: withDefault(
      integer(0, 3600),
      15,
      "how long the start waits for NATS before it goes on without",
    ),
    lockedUsersTtlSeconds: withDefault(
      integer(0, 3650 * 86_400),
      0,
      "how long an account lock lasts; 0: until it is lifted; never shorter than a web session",
    ),
  },
);
