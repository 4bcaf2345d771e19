import { z } from "zod";
import { integer, optional, section } from "../fields.ts";

const postgresUrl = () =>
  z
    .string({ error: "expected an address like postgres://user:password@host:5432/database" })
    .refine((value) => /^postgres(?:ql)?:\/\//.test(value) && URL.canParse(value), {
      error: "expected an address like postgres://user:password@host:5432/database",
    });

const schemaName = () =>
  z
    .string({ error: "expected a name of a-z, 0-9 and _" })
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, { error: "expected a name of a-z, 0-9 and _" });

const keys = {
  url: optional(
    postgresUrl(),
    "`postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/etc/ca.crt`",
    { otherwise: "SQLite files in the data directory", secret: true },
  ),
  poolSize: optional(integer(1, 1000), "most connections of each service in each process", {
    otherwise: "10",
  }),
  schemaPrefix: optional(
    schemaName(),
    "first part of the names of the PostgreSQL schemas, e.g. `k8shell_identity`",
    { otherwise: "`k8shell`" },
  ),
};

export const database = section(
  "PostgreSQL for the embedded Identity, Session and Authz, which several processes may share.",
  keys,
);

/** The same keys for one service; what is absent is as for all. */
export const ownDatabase = section(
  "A database of this embedded service's own; what is absent is as in `database`.",
  keys,
);
