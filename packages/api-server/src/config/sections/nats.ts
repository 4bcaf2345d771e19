import { boolean, optional, section, text, withDefault } from "../fields.ts";

export const nats = section(
  "Shared state in NATS JetStream, for several replicas and the platform's services.",
  {
    enabled: withDefault(boolean(), false, "keep state in NATS instead of SQLite"),
    url: optional(text(), "`nats://host:4222`, or several separated by commas", { otherwise: "none" }),
    username: optional(text(), "user name", { otherwise: "none" }),
    password: optional(text(), "password", { otherwise: "none", secret: true }),
  },
);
