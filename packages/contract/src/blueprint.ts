import { z } from "zod";

/** YAML makes numbers and booleans of values people mean as text (`PORT: 8080`). */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** The name of a blueprint, template, app or storage: fit for a path segment and a command line. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._ /-]{0,127}$/,
    "must start with a letter or digit and hold only letters, digits, blanks and . _ / -",
  );

const slug = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be letters, digits and . _ -");

const port = z.union([
  z.int().min(0).max(65535),
  z
    .string()
    .regex(/^(?:[^\s:]*:)?\d{1,5}$/, "must be a port, or host:port")
    .transform((value) => Number(value.slice(value.lastIndexOf(":") + 1)))
    .pipe(z.int().min(0).max(65535)),
]);

const unitSeconds: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Seconds, from a number or a Go duration such as `5m` or `1m30s`. */
const seconds = z.union([
  z.number().min(0),
  z
    .string()
    .regex(/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/, "must be seconds or a duration such as 5m")
    .transform((value) =>
      [...value.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
        (sum, [, amount, unit]) => sum + Number(amount) * (unitSeconds[unit ?? ""] ?? 0),
        0,
      ),
    ),
]);

const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable"),
  text,
);

/** An app of a blueprint (rest-contract 2.10, AppSpec). */
export const blueprintAppSchema = z.looseObject({
  name: slug.optional(),
  enabled: z.boolean().default(true),
  binary: z.string().default(""),
  versionCmd: z.string().optional(),
  versionRegex: z.string().optional(),
  install: z.string().optional(),
  /** Command and arguments; one string is run by `sh -c`. */
  start: z
    .union([z.array(text), z.string().transform((line) => (line === "" ? [] : ["sh", "-c", line]))])
    .default([]),
  listen: port.default(0),
  restartPolicy: z.enum(["always", "on-failure", "never"]).default("on-failure"),
  maxRestartBackoff: seconds.optional(),
  installAsRoot: z.boolean().default(false),
  autoStart: z.boolean().default(false),
  protocol: z.string().default("http"),
});

/** A persistent directory of a workspace. */
export const blueprintStorageSchema = z.looseObject({
  /** Absolute, or below the home directory as `~/…`. */
  mountPath: z
    .string()
    .regex(/^(?:\/|~\/)[^\0]*$/, "must be an absolute path or start with ~/")
    .optional(),
  size: text.optional(),
});

const open = z.looseObject({});

/**
 * A composed blueprint: templates applied, expressions evaluated (rest-contract 2.10). Fields that only a cluster can
 * honour (image, network, podman, security context, …) are accepted and kept.
 */
export const blueprintSchema = z.looseObject({
  metadata: z
    .looseObject({
      name: z.string().optional(),
      repoName: z.string().optional(),
      repoRef: z.string().optional(),
      repoOwner: z.string().optional(),
      repoAddress: z.string().optional(),
    })
    .optional(),
  name,
  description: z.string().default(""),
  isTemplate: z.boolean().default(false),
  splash: z.string().optional(),
  template: z.string().optional(),
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, "must be a host name label")
    .optional(),
  subdomain: z.string().optional(),
  image: z.string().optional(),
  imagePullPolicy: z.string().optional(),
  k8shelld: z.looseObject({ ignoreOrphans: z.boolean().optional() }).optional(),
  env: environment.default({}),
  network: open.optional(),
  resources: z.looseObject({ cpu: text.optional(), memory: text.optional() }).default({}),
  podman: open.optional(),
  storages: z.record(slug, blueprintStorageSchema).default({}),
  initScripts: z.array(z.looseObject({ name: z.string().min(1), script: z.string() })).default([]),
  showInitScriptStatus: z.boolean().default(false),
  securityContext: open.optional(),
  extFiles: open.optional(),
  enableApps: z.boolean().default(true),
  apps: z.record(slug, blueprintAppSchema).default({}),
});

export type Blueprint = z.output<typeof blueprintSchema>;

/**
 * One entry of a blueprints file before composition. Any value may still be an expression, so only what the catalogue
 * itself needs is checked.
 */
export const blueprintSourceSchema = z.looseObject({
  name,
  description: z.string().optional(),
  isTemplate: z.boolean().optional(),
  template: z.string().min(1).optional(),
});

export type BlueprintSource = z.output<typeof blueprintSourceSchema>;

/** A file of blueprints: top key `blueprints`, a list. */
export const blueprintsFileSchema = z.object({ blueprints: z.array(blueprintSourceSchema) });

/** `.k8shell.yaml` at the top of a repository: one blueprint, whose name comes from the repository. */
export const repositoryBlueprintFileSchema = z.looseObject({
  blueprint: z.looseObject({ template: z.string().min(1).optional() }),
});
