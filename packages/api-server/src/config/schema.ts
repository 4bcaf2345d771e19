import type { z } from "zod";
import { integer, list, optional, section, withDefault } from "./fields.ts";
import { database } from "./sections/database.ts";
import { files } from "./sections/files.ts";
import { http } from "./sections/http.ts";
import { jwtVerifier } from "./sections/jwt.ts";
import { limits } from "./sections/limits.ts";
import { nats } from "./sections/nats.ts";
import { metrics, tracing } from "./sections/observability.ts";
import { recordings } from "./sections/recordings.ts";
import { authz, identity, k8shelld, provisioner, session } from "./sections/services.ts";

const day = 86_400;

/**
 * The configuration file (rest-contract section 5): the one source of types, defaults, the reference in
 * docs/configuration.md (`npm run generate`), warnings about unknown keys and what `--check-config` prints. A new key
 * is a line in a section with its description; text in messages is made from the field's type.
 */
export const configSchema = section("", {
  http,
  webSession: section("How long a session of the browser lasts.", {
    idleSeconds: optional(integer(60, 3650 * day), "it ends after so long without a request", {
      otherwise: "`http.cookie.maxAgeSeconds`",
    }),
    absoluteSeconds: withDefault(integer(60, 3650 * day), 7 * day, "and after so long in any case"),
  }),
  apps: section("Apps on hosts of their own, see the guide on apps.", {
    sessionIdleSeconds: withDefault(
      integer(60, 30 * day),
      3600,
      "a browser on an app host shows again who it is after so long without a request",
    ),
  }),
  jwtVerifier,
  identity,
  authz,
  session,
  provisioner,
  k8shelld,
  database,
  nats,
  files,
  recordings,
  limits,
  metrics,
  tracing,
  internal: section("Endpoints for processes inside the platform.", {
    allowedPodCIDRs: optional(list(), "networks that may ask `/api/v1/internal/…`", {
      otherwise: "loopback; any, when the Provisioner is remote",
    }),
  }),
  provisionBucketTtlSeconds: withDefault(integer(60, 365 * day), 2 * day, "how long job records are kept"),
});

export type Config = z.output<typeof configSchema>;
